// graphql-ws: a query, a subscription that hears of a change, and a duplicate id.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { FIBRE, UNIT, recordOneSurvey } from './operations.js';

const http = process.argv[2];
const url = http.replace(/^http/, 'ws');

const client = createClient({ url, webSocketImpl: WebSocket });
for await (const { data } of client.iterate({ query: UNIT })) {
  assert.equal(data.unit.name, 'Thành phố Cần Thơ');
}
const heard = [];
for await (const { data } of client.iterate({ query: FIBRE })) {
  heard.push(data.indicatorsChanged[0]);
  if (heard.length === 1) await recordOneSurvey(http);
  else break;
}
assert.deepEqual(heard, [{ numerator: 0, denominator: 0 }, { numerator: 1, denominator: 1 }]);
await client.dispose();

const sameId = createClient({
  url,
  webSocketImpl: WebSocket,
  generateID: () => 'same',
  retryAttempts: 0,
});
const listen = () => new Promise((_, reject) => {
  sameId.subscribe({ query: FIBRE }, { next() {}, error: reject, complete() {} });
});
await assert.rejects(Promise.race([listen(), listen()]), { code: 4409 });
