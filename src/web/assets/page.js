// Makes pages live; they work without it.
'use strict';

// Numbers that change while one looks.
for (const number of document.querySelectorAll('[data-live]')) {
  const events = new EventSource(number.dataset.live);
  events.onmessage = (event) => {
    const { value } = JSON.parse(event.data);
    if (value === null) return;
    number.textContent = value.toLocaleString('en');
    const times = document.querySelector('[data-times]');
    if (times) times.textContent = value === 1 ? 'time' : 'times';
  };
  addEventListener('pagehide', () => events.close());
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
