// Apollo Client over HTTP with persisted queries: a query, its cache, a mutation, an error with its code.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { REGISTER, UNIT, householdInput } from './operations.js';

// What was sent: a hash alone, or with its text.
const sent = [];
const counting = (uri, options) => {
  sent.push(options.body === undefined ? new URL(uri).searchParams.has('query') : 'query' in JSON.parse(options.body));
  return fetch(uri, options);
};
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const client = new ApolloClient({
  link: new PersistedQueryLink({ sha256 }).concat(new HttpLink({ uri: process.argv[2], fetch: counting })),
  cache: new InMemoryCache(),
});

const { data } = await client.query({ query: gql(UNIT) });
assert.equal(data.unit.name, 'Thành phố Cần Thơ');
const cached = await client.query({ query: gql(UNIT), fetchPolicy: 'cache-only' });
assert.deepEqual(cached.data, data);

await client.query({ query: gql(UNIT), fetchPolicy: 'network-only' });
assert.deepEqual(sent, [false, true, false], 'the hash, the text once, the hash');

const registered = await client.mutate({
  mutation: gql(REGISTER),
  variables: { input: householdInput },
});
assert.deepEqual(registered.data.registerHousehold.errors, []);

await assert.rejects(client.query({ query: gql('{ units(first: 500) { totalCount } }') }), (error) => {
  assert.ok(CombinedGraphQLErrors.is(error));
  assert.equal(error.errors[0].extensions.code, 'BAD_USER_INPUT');
  return true;
});
