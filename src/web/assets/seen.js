// <script async src="https://HOST/seen.js"></script> <span data-seen="site/page"></span>
// Shows a counter's number, and counts the visit once per view.
//   data-seen=""         the page itself: its host and path
//   data-seen-hit="0"    show, do not count
//   data-seen-live       go on showing the number as it changes
(() => {
  const base = new URL(document.currentScript.src).origin;
  const n = navigator;
  const off = /^(localhost|127\..*|\[::1\]|)$/.test(location.hostname) ||
    n.doNotTrack == 1 || n.globalPrivacyControl || stored();
  let asked = {}, done = new WeakSet();
  function stored() {
    try { return localStorage.seenOff; } catch { return 0; }
  }
  const here = () => location.hostname + '/' +
    (location.pathname.replace(/[^\w.-]+/g, '-').replace(/^-+|-+$/g, '') || 'home').slice(0, 64);
  async function show(span) {
    done.add(span);
    const data = span.dataset, name = data.seen || here();
    const put = (value) => { if (value != null) span.textContent = value.toLocaleString(); };
    const path = (!off && data.seenHit != '0' ? '/hit/' : '/get/') + name;
    try {
      // Several spans of one counter are one visit, and show its one number.
      asked[path] ??= fetch(base + path).then((answer) => answer.json());
      put((await asked[path]).value);
      if ('seenLive' in data) {
        span.live?.close();
        (span.live = new EventSource(base + '/stream/' + name)).onmessage = (e) => put(JSON.parse(e.data).value);
      }
    } catch {}
  }
  const scan = () => document.querySelectorAll('[data-seen]').forEach((s) => done.has(s) || show(s));
  let view = location.pathname;
  function moved() {
    if (view == location.pathname) return;
    view = location.pathname;
    asked = {};
    done = new WeakSet();
    scan();
  }
  const push = history.pushState;
  history.pushState = function () { push.apply(this, arguments); moved(); };
  addEventListener('popstate', moved);
  new MutationObserver(scan).observe(document, { childList: true, subtree: true });
  scan();
})();
