// seen's own script for pages written for GoatCounter's count.js, with the same settings and
// functions in window.goatcounter and data-goatcounter-settings.
(() => {
  const goat = window.goatcounter = window.goatcounter || {};
  const tag = document.querySelector('script[data-goatcounter]');
  const settings = ['no_onload', 'no_events', 'allow_local', 'allow_frame', 'path', 'title', 'referrer', 'event'];
  try {
    const given = JSON.parse(tag?.dataset.goatcounterSettings || '{}');
    settings.forEach((name) => { if (name in given) goat[name] = given[name]; });
  } catch (error) {
    console.error('goatcounter: data-goatcounter-settings is no JSON', error);
  }
  const warn = (text) => console.warn('goatcounter: ' + text);
  const endpoint = () => document.querySelector('script[data-goatcounter]')?.dataset.goatcounter || goat.endpoint;
  const loaded = (run) => { if (document.body) run(); else addEventListener('DOMContentLoaded', run); };

  // The canonical address of the page, if it is on the same site.
  const pagePath = () => {
    const bare = (host) => host.replace(/^www\./, '');
    const canonical = document.querySelector('link[rel=canonical][href]');
    const there = canonical && new URL(canonical.href, location.href);
    const { pathname, search } = there && bare(there.hostname) == bare(location.hostname) ? there : location;
    return pathname + search || '/';
  };

  // A setting may be a function, which gets the usual value.
  const chosen = (value, usual) => typeof value == 'function' ? value(usual) : value ?? usual;
  goat.get_data = (vars = {}) => {
    const value = (name) => vars[name] === undefined ? goat[name] : vars[name];
    const data = {
      p: chosen(value('path'), pagePath()),
      r: chosen(value('referrer'), document.referrer),
      t: chosen(value('title'), document.title),
      e: !!(vars.event || goat.event),
      s: screen.width,
      b: navigator.webdriver ? 153 : 0,
      q: location.search,
    };
    if (vars.no_session) data.ns = chosen(vars.no_session, false);
    return data;
  };

  goat.filter = () => {
    const local = /(^|\.)localhost$|^(127|10|0)\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^\[?::1/;
    if (document.visibilityState == 'prerender') return 'visibilityState';
    if (!goat.allow_frame && window !== window.parent) return 'frame';
    if (!goat.allow_local && local.test(location.hostname)) return 'localhost';
    if (!goat.allow_local && location.protocol == 'file:') return 'localfile';
    try {
      if (localStorage.skipgc == 't') return 'disabled with #toggle-goatcounter';
      if (localStorage.seenOff) return 'localStorage.seenOff';
    } catch { /* the page may not store anything, so nobody has switched it off */ }
    return false;
  };

  goat.url = (vars) => {
    const data = goat.get_data(vars);
    if (data.p === null) return;
    if (!endpoint()) return warn('no endpoint found');
    // Some caches ignore Cache-Control.
    data.rnd = Math.random().toString(36).slice(2, 7);
    const sent = Object.entries(data).filter(([, value]) => value !== '' && value != null && value !== false);
    return endpoint() + '?' + sent.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
  };

  goat.count = (vars) => {
    const why = goat.filter();
    if (why) return warn('not counting because of: ' + why);
    const url = goat.url(vars);
    if (!url) return warn('not counting because path is null');
    // A policy may forbid connections to this host but allow pictures. A beacon would not tell.
    const sent = fetch(url, { method: 'POST', keepalive: true, mode: 'no-cors' });
    sent.catch(() => { new Image().src = url; });
  };

  goat.get_query = (name) => {
    const begins = name.toLowerCase() + '=';
    const found = location.search.slice(1).split('&').find((pair) => pair.toLowerCase().startsWith(begins));
    return found?.slice(begins.length);
  };

  goat.bind_events = () => document.querySelectorAll('[data-goatcounter-click]').forEach((element) => {
    const { dataset } = element;
    if (dataset.goatcounterBound) return;
    dataset.goatcounterBound = 'true';
    const clicked = () => goat.count({
      event: true,
      path: dataset.goatcounterClick || element.name || element.id || '',
      title: dataset.goatcounterTitle || element.title || element.innerHTML.slice(0, 200),
      referrer: dataset.goatcounterReferrer || dataset.goatcounterReferral || '',
      no_session: /^(1|t|true)$/i.test(dataset.goatcounterNoSession || ''),
    });
    element.addEventListener('click', clicked);
    element.addEventListener('auxclick', clicked);
  });

  goat.visit_count = (options = {}) => loaded(() => {
    const { type = 'html', append = 'body', path = pagePath() } = options;
    const kind = { html: 'iframe', svg: 'img', png: 'img' }[type];
    const parent = document.querySelector(append);
    if (!kind) return warn('visit_count: unknown type: ' + type);
    if (!parent) return warn('visit_count: there is no ' + append);
    const query = ['no_branding', 'style', 'start', 'end']
      .filter((name) => options[name])
      .map((name) => `&${name}=${encodeURIComponent(options[name] === true ? 1 : options[name])}`);
    // A page may forbid its browser to send its address to other sites.
    const src = `${endpoint()}er/${encodeURIComponent(path)}.${type}?host=${location.hostname}${query.join('')}`;
    const attributes = { width: 200, height: options.no_branding ? 60 : 80, ...options.attr, src };
    if (kind == 'iframe') Object.assign(attributes, { frameborder: 0, scrolling: 'no' });
    const element = document.createElement(kind);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    parent.append(element);
  });

  if (location.hash == '#toggle-goatcounter') {
    const off = localStorage.skipgc == 't';
    if (off) localStorage.removeItem('skipgc'); else localStorage.skipgc = 't';
    alert(`Views by this browser are ${off ? 'counted again' : 'no longer counted'} on ${location.hostname}.`);
  }
  if (!goat.no_onload) loaded(() => {
    const seen = () => {
      if (document.visibilityState != 'visible') return;
      document.removeEventListener('visibilitychange', seen);
      goat.count();
    };
    document.addEventListener('visibilitychange', seen);
    seen();
    if (!goat.no_events) goat.bind_events();
  });
})();
