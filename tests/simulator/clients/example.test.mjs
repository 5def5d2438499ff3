// A sign-in code, tested from Node against the simulator: node --test example.test.mjs
// Start it first: python -m helpers.simulator --port 8025 --access-key 12345678 --secret-key s3cret --number 12065550120
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

const flowroute = process.env.FLOWROUTE_URL ?? 'http://127.0.0.1:8025';
const authorization = `Basic ${btoa('12345678:s3cret')}`;

// What you test: your own code, told where Flowroute is.
async function sendCode(to, code) {
  const answer = await fetch(`${flowroute}/v2.1/messages`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/vnd.api+json' },
    body: JSON.stringify({ to, from: '12065550120', body: `Your code is ${code}.\n@bank.example #${code}` }),
  });
  return answer.ok ? 'sent' : 'try again later';
}

// The simulator's controls.
async function simulator(method, path, body) {
  const answer = await fetch(`${flowroute}/_simulator/${path}`, {
    method,
    headers: body ? { 'content-type': 'application/json' } : {},
    body: body && JSON.stringify(body),
  });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

beforeEach(() => simulator('POST', 'reset'));

test('the code reaches the phone', async () => {
  assert.equal(await sendCode('12065550100', '482915'), 'sent');
  await simulator('POST', 'clock/advance', { seconds: 2 });
  const { messages } = await simulator('GET', 'phones/12065550100/messages');
  assert.equal(messages.at(-1).code, '482915');
});

test('Flowroute is down', async () => {
  await simulator('POST', 'faults', { kind: 'error-503' });
  assert.equal(await sendCode('12065550100', '482915'), 'try again later');
  assert.equal(await sendCode('12065550100', '482915'), 'sent');
});
