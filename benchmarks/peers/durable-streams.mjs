// The npm Durable Streams server, streams in memory. usage: node durable-streams.mjs PORT
import { DurableStreamTestServer } from '@durable-streams/server';

const server = new DurableStreamTestServer({ port: Number(process.argv[2]), host: '127.0.0.1', compression: false });
console.log(await server.start());
