// Apollo Client over HTTP: a query, its cache, a mutation, an error with its code.
import assert from 'node:assert/strict';
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { REGISTER, UNIT, householdInput } from './operations.js';

const client = new ApolloClient({
  link: new HttpLink({ uri: process.argv[2] }),
  cache: new InMemoryCache(),
});

const { data } = await client.query({ query: gql(UNIT) });
assert.equal(data.unit.name, 'Thành phố Cần Thơ');
const cached = await client.query({ query: gql(UNIT), fetchPolicy: 'cache-only' });
assert.deepEqual(cached.data, data);

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
