// <script async src="https://HOST/seen.js"></script> <span data-seen="site/page"></span>
// Shows a counter's number, and counts the visit once per view.
//   data-seen=""         the page itself: its host and path
//   data-seen-hit="0"    show, do not count
//   data-seen-live       follow its changes
(() => {
  const base = document.currentScript.src.split('/seen.js')[0];
  if (window.seenRuns) return;
  window.seenRuns = 1;
  const n = navigator;
  const off = /^(localhost|127\..*|\[::1\]|)$/.test(location.hostname) ||
    n.doNotTrack == 1 || n.globalPrivacyControl || stored();
  // The requests of this view, the name and state of its spans, and open streams by name.
  let asked = {}, seen = new WeakMap(), streams = {}, view, settling;
  function stored() {
    try { return localStorage.seenOff; } catch { return 0; }
  }
  // The beginning of a path that is too long for a key is followed by a checksum.
  const here = () => {
    let key = location.pathname.replace(/[^\w.-]+/g, '-').replace(/^-+|-+$/g, '') || 'home', sum = 0;
    for (const c of key) sum = (sum * 31 + c.charCodeAt()) % 2 ** 32;
    return location.hostname + '/' + (key[64] ? key.slice(0, 53) + '.' + sum : key);
  };
  const named = (span) => span.dataset.seen || here();
  const spans = () => [...document.querySelectorAll('[data-seen]')];
  const live = () => spans().filter((span) => 'seenLive' in span.dataset && seen.get(span)?.shown);
  // The value of a counter that nobody has hit is null.
  const put = (span, value) => { if (value !== undefined) span.textContent = (value ?? 0).toLocaleString(); };
  const get = (path) => fetch(base + path).then((answer) => answer.json()).then((data) => data.value);
  async function show(span) {
    const name = named(span), path = (!off && span.dataset.seenHit != '0' ? '/hit/' : '/get/') + name;
    const state = { name };
    seen.set(span, state);
    try {
      // Several spans of one counter are one visit and show the same number.
      const value = await (asked[path] ??= get(path));
      if (seen.get(span) == state) put(span, value);
      state.shown = 1;
    } catch {}
    tend();
  }
  // One stream for each counter, as long as it is shown live and somebody may see it: a browser
  // has six connections to a host, for all tabs together.
  function tend() {
    const names = document.hidden ? [] : live().map(named);
    for (const name in streams) if (!names.includes(name)) { streams[name](); delete streams[name]; }
    for (const name of names) streams[name] ??= follow(name);
  }
  function follow(name) {
    const tell = (value) => live().forEach((span) => named(span) == name && put(span, value));
    let events, timer;
    const many = Object.keys(streams).length > 2;
    const poll = () => { timer = setInterval(() => get('/get/' + name).then(tell, () => {}), 5000); };
    if (many) poll();
    else try {
      events = new EventSource(base + '/stream/' + name);
      events.onmessage = (event) => tell(JSON.parse(event.data).value);
      // Browsers reconnect after a lost connection, but not after a refusal.
      events.onerror = () => { if (events.readyState == 2) poll(); };
    } catch { poll(); }
    return () => { events?.close(); clearInterval(timer); };
  }
  function scan() {
    spans().forEach((span) => seen.get(span)?.name == named(span) || show(span));
    tend();
  }
  // A framework shows the new page a little after the address.
  function moved() {
    if (view == here()) return;
    view = here();
    asked = {};
    seen = new WeakMap();
    settling ||= setTimeout(() => { settling = 0; scan(); }, 200);
  }
  function start() {
    view = here();
    for (const name of ['pushState', 'replaceState']) {
      const change = history[name];
      history[name] = function () { change.apply(this, arguments); moved(); };
    }
    addEventListener('popstate', moved);
    document.addEventListener('visibilitychange', tend);
    new MutationObserver(() => settling || scan())
      .observe(document, { childList: true, subtree: true, attributeFilter: ['data-seen'] });
    scan();
  }
  // A page that is made ready before somebody opens it is not seen yet.
  document.prerendering ? document.addEventListener('prerenderingchange', start) : start();
})();
