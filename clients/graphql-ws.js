// graphql-ws: a query, a subscription that hears of a change, a duplicate id, and a token that is not valid.
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

const stranger = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { Authorization: 'Bearer wrong' },
  retryAttempts: 0,
});
await assert.rejects(async () => {
  for await (const _ of stranger.iterate({ query: UNIT }));
}, { code: 4403 });
