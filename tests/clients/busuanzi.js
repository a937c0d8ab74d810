// Runs the unmodified busuanzi.pure.js (npm) in a page of jsdom. Its host is a constant, so
// requests to that host go to the seen at $SEEN.
'use strict';

const assert = require('assert');
const { JSDOM, ResourceLoader } = require('jsdom');

const seen = process.env.SEEN;
// How many views the page has had, this one included.
const views = process.argv[2];

class ToSeen extends ResourceLoader {
    fetch(url, options) {
        const there = url.replace(/^https?:\/\/busuanzi\.ibruce\.info/, seen);
        return fetch(there, { headers: { referer: 'https://blog.example/a/page' } })
            .then((answer) => answer.arrayBuffer())
            .then((body) => Buffer.from(body));
    }
}

const ids = ['site_pv', 'page_pv', 'site_uv'];
const page = () => new JSDOM(
    ids.map((id) => `<span id="busuanzi_container_${id}"><b id="busuanzi_value_${id}"></b></span>`).join(''),
    { url: 'https://blog.example/a/page', runScripts: 'dangerously', resources: new ToSeen() },
);

async function main() {
    const { window } = page();
    Object.assign(global, { window, document: window.document });
    require('busuanzi.pure.js');
    const text = (id) => window.document.getElementById(`busuanzi_value_${id}`).textContent;
    for (let tries = 0; tries < 100 && !text('page_pv'); tries += 1) {
        await new Promise((done) => setTimeout(done, 50));
    }
    assert.strictEqual(text('page_pv'), views);
    assert.strictEqual(text('site_pv'), views);
    assert.strictEqual(text('site_uv'), '1');
    const { display } = window.document.getElementById('busuanzi_container_page_pv').style;
    assert.strictEqual(display, 'inline');
    window.close();
    console.log("busuanzi.pure.js: its elements show seen's numbers");
}

main().catch((error) => { console.error(error); process.exit(1); });
