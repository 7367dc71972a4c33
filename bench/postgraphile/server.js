// PostGraphile in production mode: a cluster, prepared statements, no wrapping transactions, no extras.
//
// node server.js DATABASE PORT WORKERS CONNECTIONS

import cluster from "node:cluster";
import { createServer } from "node:http";

import { PgAggregatesPreset } from "@graphile/pg-aggregates";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const [database, port, workers, connections] = process.argv.slice(2);

if (cluster.isPrimary) {
  let listening = 0;
  cluster.on("listening", () => {
    listening += 1;
    if (listening === Number(workers)) {
      console.log(`listening on http://127.0.0.1:${port}/graphql`);
    }
  });
  cluster.on("exit", () => process.exit(1));
  for (let worker = 0; worker < Number(workers); worker += 1) {
    cluster.fork();
  }
} else {
  const pg = makePgService({
    connectionString: database,
    schemas: ["public"],
    poolConfig: {
      max: Math.max(1, Math.floor(Number(connections) / Number(workers))),
      options: "-c jit=off",
    },
  });
  const preset = {
    extends: [PostGraphileAmberPreset, PgAggregatesPreset],
    pgServices: [pg],
    grafserv: {
      graphqlPath: "/graphql",
      graphiql: false,
      websockets: false,
      maxRequestLength: 1_000_000,
    },
    grafast: { explain: false },
  };
  const server = createServer();
  await postgraphile(preset).createServ(grafserv).addTo(server);
  server.listen(Number(port), "127.0.0.1");
}
