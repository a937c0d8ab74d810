// Makes pages interactive; they work without it. Browsers draw nothing before it has run
// (blocking="render"), so that the buttons that it adds do not shift the page.
'use strict';

// Live numbers.
for (const number of document.querySelectorAll('[data-live]')) {
  let events, timer;
  const show = (value) => {
    if (value === null) return;
    number.textContent = value.toLocaleString('en');
    // The word after the number, for one and for more.
    const noun = document.querySelector('[data-noun]');
    if (noun) noun.textContent = noun.dataset.noun.split(' ')[value === 1 ? 0 : 1];
  };
  const ask = async () => {
    try {
      show((await (await fetch(number.dataset.live.replace('/stream/', '/get/'))).json()).value);
    } catch { /* The number stays as it is. */ }
  };
  const poll = () => { timer = setInterval(ask, 5000); };
  const open = () => {
    if (!window.EventSource) return poll();
    events = new EventSource(number.dataset.live);
    events.onmessage = (event) => show(JSON.parse(event.data).value);
    // Browsers reconnect after a lost connection, but not after a refusal.
    events.onerror = () => { if (events.readyState === EventSource.CLOSED) poll(); };
  };
  // A page that nobody sees gives up its stream: a browser has six connections to a host, for all
  // tabs together.
  const follow = () => {
    events?.close();
    clearInterval(timer);
    if (!document.hidden) open();
  };
  follow();
  document.addEventListener('visibilitychange', follow);
  addEventListener('pagehide', () => { events?.close(); clearInterval(timer); });
  addEventListener('pageshow', (event) => { if (event.persisted) follow(); });
}

// The builder: update the badge on every input. Without scripts, its button does that.
const form = document.querySelector('#builder');
if (form) {
  const problem = document.querySelector('[data-problem]');
  let timer, turn = 0;
  const show = async () => {
    const mine = ++turn;
    const bad = form.querySelector(':invalid');
    if (bad) {
      problem.textContent = bad.labels[0].textContent.trim() + ': ' + (bad.title || bad.validationMessage);
      return;
    }
    let answer, made;
    try {
      answer = await fetch(form.action + '?' + new URLSearchParams(new FormData(form)));
      made = new DOMParser().parseFromString(await answer.text(), 'text/html');
    } catch { return; /* The button still works, or says why not. */ }
    if (mine !== turn) return;
    // The heading of an error's page is its status and what is wrong.
    problem.textContent = answer.ok ? '' : made.querySelector('h1').textContent.replace(/^\d+: /, '');
    if (!answer.ok) return;
    const images = made.querySelectorAll('.preview img');
    document.querySelectorAll('.preview img').forEach((image, at) => {
      image.src = images[at].getAttribute('src');
    });
    const codes = made.querySelectorAll('[data-copy]');
    document.querySelectorAll('[data-copy]').forEach((code, at) => {
      code.textContent = codes[at].textContent;
    });
  };
  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(show, 200);
  });
}

// A chart shows its values to the pointer, to a finger, and to the arrow keys.
const enliven = () => document.querySelectorAll('[data-plot]').forEach((plot) => {
  const readout = plot.querySelector('[data-readout]'), bars = plot.querySelector('.bars');
  const columns = [...bars.querySelectorAll('g')], whole = readout.textContent;
  const words = columns.map((column) => column.firstChild.textContent);
  let chosen = -1;
  const choose = (at) => {
    columns[chosen]?.classList.remove('chosen');
    chosen = at;
    columns[at]?.classList.add('chosen');
    readout.textContent = words[at] ?? whole;
  };
  const under = (event) => {
    const box = bars.getBoundingClientRect();
    const at = Math.floor((event.clientX - box.left) / box.width * columns.length);
    choose(Math.max(0, Math.min(columns.length - 1, at)));
  };
  bars.tabIndex = 0;
  bars.addEventListener('pointermove', under);
  bars.addEventListener('pointerdown', under);
  bars.addEventListener('pointerleave', (event) => { if (event.pointerType === 'mouse') choose(-1); });
  bars.addEventListener('focus', () => { if (chosen < 0) choose(columns.length - 1); });
  bars.addEventListener('blur', () => choose(-1));
  bars.addEventListener('keydown', (event) => {
    const last = columns.length - 1;
    const to = { ArrowLeft: Math.max(0, chosen - 1), ArrowRight: Math.min(last, chosen + 1),
      Home: 0, End: last, Escape: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(to);
  });
});
enliven();

// The page of a counter without hits loads the counter once it has one.
const waiting = document.querySelector('[data-waiting]');
if (waiting) {
  setInterval(async () => {
    try {
      if ((await fetch(waiting.dataset.waiting)).ok) location.reload();
    } catch { /* The next try may work. */ }
  }, 5000);
}

// The list of a site, sorted and filtered in place.
const arrange = () => {
  const table = document.querySelector('[data-sortable]'), filter = document.querySelector('[data-filter]');
  if (!table) return;
  filter.closest('p').hidden = false;
  filter.oninput = () => {
    for (const row of table.tBodies[0].rows) {
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(filter.value.toLowerCase());
    }
  };
  for (const head of table.querySelectorAll('th[data-sort]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.onclick = () => {
      const down = head.getAttribute('aria-sort') !== 'descending';
      for (const other of table.querySelectorAll('th')) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const of = (row) => row.cells[head.cellIndex].dataset.value ?? row.cells[head.cellIndex].textContent;
      const order = (a, b) => a - b || a.localeCompare(b, 'en', { numeric: true });
      const rows = [...table.tBodies[0].rows].sort((a, b) => order(of(a), of(b)));
      table.tBodies[0].append(...(down ? rows.reverse() : rows));
    };
  }
};
arrange();

// The owner's token opens a private list. It stays in this tab and is sent in a header.
const owner = document.querySelector('[data-owner]');
if (owner) {
  const name = 'seen-token ' + location.pathname, problem = owner.querySelector('[role=status]');
  const ask = async (token) => {
    let answer, page;
    try {
      answer = await fetch(location.href, { headers: { authorization: 'Bearer ' + token } });
      page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    } catch {
      problem.textContent = 'The server cannot be reached.';
      return;
    }
    if (!answer.ok) {
      sessionStorage.removeItem(name);
      problem.textContent = answer.status === 401 ? 'This is not the token of this site.' : 'The server refused: ' + answer.status + '.';
      return;
    }
    sessionStorage.setItem(name, token);
    document.title = page.title;
    document.querySelector('main').replaceWith(page.querySelector('main'));
    arrange();
    enliven();
  };
  owner.hidden = false;
  owner.onsubmit = (event) => {
    event.preventDefault();
    ask(owner.querySelector('input').value.trim());
  };
  const kept = sessionStorage.getItem(name);
  if (kept) ask(kept);
}

// Colours can be picked as well as typed.
for (const text of document.querySelectorAll('[data-colour]')) {
  const picker = document.createElement('input');
  picker.type = 'color';
  picker.setAttribute('aria-label', text.dataset.colour + ', from a palette');
  const typed = text.value.replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3');
  picker.value = /^#[0-9a-f]{6}$/i.test(typed) ? typed : '#007ec6';
  picker.oninput = () => {
    text.value = picker.value;
    text.dispatchEvent(new Event('input', { bubbles: true }));
  };
  text.after(picker);
}

// Buttons that copy code.
for (const code of document.querySelectorAll('[data-copy]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', 'Copy ' + (document.getElementById(
    code.parentElement.getAttribute('aria-labelledby'))?.textContent ?? 'this'));
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // Without https, scripts have no clipboard: select the code, to be copied by hand.
      getSelection().selectAllChildren(code);
      return;
    }
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  };
  button.className = 'copy';
  code.parentElement.after(button);
}
