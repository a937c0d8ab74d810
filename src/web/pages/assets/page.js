// Makes pages live; they work without it.
'use strict';

// Numbers that change while one looks.
for (const number of document.querySelectorAll('[data-live]')) {
  let events, timer;
  const show = (value) => {
    if (value === null) return;
    number.textContent = value.toLocaleString('en');
    const times = document.querySelector('[data-times]');
    if (times) times.textContent = value === 1 ? 'time' : 'times';
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
    // After a cut the browser tries again by itself; after a refusal it does not.
    events.onerror = () => { if (events.readyState === EventSource.CLOSED) poll(); };
  };
  open();
  // A page that is only put aside leaves its seat to others, and takes one again.
  addEventListener('pagehide', () => { events?.close(); clearInterval(timer); });
  addEventListener('pageshow', (event) => { if (event.persisted) open(); });
}

// The builder, which shows at once what is asked for; without this its button does.
const form = document.querySelector('#builder');
if (form) {
  const problem = document.querySelector('[data-problem]');
  let timer, turn = 0;
  const show = async () => {
    const mine = ++turn;
    if (!form.checkValidity()) return;
    let answer, made;
    try {
      answer = await fetch('/builder?' + new URLSearchParams(new FormData(form)));
      made = new DOMParser().parseFromString(await answer.text(), 'text/html');
    } catch { return; /* The button still works, or says why not. */ }
    if (mine !== turn) return;
    problem.textContent = answer.ok ? '' : made.querySelector('main .lead').textContent;
    if (!answer.ok) return;
    document.querySelector('.preview img').src = made.querySelector('.preview img').getAttribute('src');
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

// Code that is copied at a press.
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
      // Without https there is no clipboard for scripts; a selection can be copied by hand.
      getSelection().selectAllChildren(code);
      return;
    }
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  };
  code.parentElement.append(button);
}
