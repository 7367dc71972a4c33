// urql over HTTP: queries by POST and by GET, a mutation, which it always posts.
import assert from 'node:assert/strict';
import { Client, fetchExchange } from '@urql/core';
import { REGISTER, UNIT, householdInput } from './operations.js';

for (const preferGetMethod of [false, 'force']) {
  const methods = [];
  const client = new Client({
    url: process.argv[2],
    exchanges: [fetchExchange],
    preferGetMethod,
    fetch: (input, options) => {
      methods.push(options.method);
      return fetch(input, options);
    },
  });
  const answer = await client.query(UNIT, {}).toPromise();
  assert.equal(answer.error, undefined);
  assert.equal(answer.data.unit.name, 'Thành phố Cần Thơ');
  const registered = await client.mutation(REGISTER, { input: householdInput }).toPromise();
  assert.equal(registered.error, undefined);
  assert.deepEqual(registered.data.registerHousehold.errors, []);
  const refused = await client.query('{ nothing }', {}).toPromise();
  assert.equal(refused.error.graphQLErrors[0].extensions.code, 'BAD_USER_INPUT');
  assert.deepEqual(methods, preferGetMethod ? ['GET', 'POST', 'GET'] : ['POST', 'POST', 'POST']);
}
