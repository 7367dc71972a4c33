// The audits of GraphQL over HTTP; every one must be passed, the recommended ones too.
import assert from 'node:assert/strict';
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.argv[2] });
const failed = results.filter((result) => result.status !== 'ok');
assert.deepEqual(failed.map(({ name, status, reason }) => ({ name, status, reason })), []);
assert.equal(results.length, 61);
