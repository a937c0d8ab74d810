// Covers what countapi-js' own tests leave out: the values of the promises, and `event()`.
'use strict';

const assert = require('assert');
const countapi = require('countapi-js');

(async () => {
    const namespace = 'js-' + Date.now();
    const path = `${namespace}/key`;
    const created = await countapi.create({
        namespace, key: 'key', value: 7, enable_reset: 1, update_lowerbound: -5, update_upperbound: 5,
    });
    assert.deepStrictEqual(created, { status: 200, path, namespace, key: 'key', value: 7 });
    assert.deepStrictEqual(await countapi.hit(namespace, 'key'), { status: 200, path, value: 8 });
    assert.deepStrictEqual(await countapi.get(namespace, 'key'), { status: 200, path, value: 8 });
    assert.deepStrictEqual(
        await countapi.set(namespace, 'key', 40), { status: 200, path, old_value: 8, value: 40 });
    assert.deepStrictEqual(
        await countapi.update(namespace, 'key', -5), { status: 200, path, value: 35 });
    assert.deepStrictEqual(
        await countapi.update(namespace, 'key', 6), { status: 403, path, value: 35 });
    const info = await countapi.info(namespace, 'key');
    assert.strictEqual(info.value, 35);
    assert.strictEqual(info.enable_reset, true);
    assert.ok(new Date(info.created) <= new Date(), 'created is in the past');
    assert.strictEqual((await countapi.visits('page')).path, '.../page');
    assert.strictEqual((await countapi.event('clicked')).path, '.../clicked');
    await assert.rejects(countapi.create({ namespace, key: 'key' }), reason => {
        return reason === 'Key already exists';
    });
})().catch(error => {
    console.error(error);
    process.exit(1);
});
