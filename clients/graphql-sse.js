// graphql-sse with a connection an operation: a query, and a subscription that hears of a change.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-sse';
import { FIBRE, UNIT, recordOneSurvey } from './operations.js';

const url = process.argv[2];
const client = createClient({ url, retryAttempts: 0 });
for await (const { data } of client.iterate({ query: UNIT })) {
  assert.equal(data.unit.name, 'Thành phố Cần Thơ');
}
const heard = [];
for await (const { data } of client.iterate({ query: FIBRE })) {
  heard.push(data.indicatorsChanged[0]);
  if (heard.length === 1) await recordOneSurvey(url);
  else break;
}
assert.deepEqual(heard, [{ numerator: 0, denominator: 0 }, { numerator: 1, denominator: 1 }]);
client.dispose();
