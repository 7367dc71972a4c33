// graphql-request: a query with variables and an error with its code.
import assert from 'node:assert/strict';
import { ClientError, GraphQLClient } from 'graphql-request';
import { UNIT } from './operations.js';

const client = new GraphQLClient(process.argv[2]);
assert.equal((await client.request(UNIT)).unit.name, 'Thành phố Cần Thơ');
await assert.rejects(client.request('query($first: Int) { units(first: $first) { totalCount } }', { first: 500 }), (error) => {
  assert.ok(error instanceof ClientError);
  assert.equal(error.response.errors[0].extensions.code, 'BAD_USER_INPUT');
  return true;
});
