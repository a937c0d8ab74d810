// seen's own script for pages written for busuanzi or vercount. It fills their elements:
//   busuanzi_value_site_pv, …_site_uv, …_page_pv, …_page_uv; the same with vercount_
(() => {
  const base = document.currentScript.src.replace(/\/(js|busuanzi\/[^?]*)([?#].*)?$/, '');
  const ids = ['site_pv', 'site_uv', 'page_pv', 'page_uv'];
  const each = (kind, id, tell) => ['busuanzi_', 'vercount_'].forEach((prefix) => {
    const element = document.getElementById(prefix + kind + id);
    if (element) tell(element);
  });
  const show = (data) => ids.forEach((id) => {
    each('value_', id, (element) => { element.textContent = data[id]; });
    each('container_', id, (element) => { element.style.display = 'inline'; });
  });
  const body = JSON.stringify({ url: location.href });
  const count = () => fetch(base + '/api/v2/log', { method: 'POST', body })
    .then((answer) => answer.json())
    .then((answer) => answer.data && show(answer.data), () => {});
  if (document.readyState == 'loading') addEventListener('DOMContentLoaded', count);
  else count();
})();
