// The published Durable Streams conformance suite, subscriptions off, against the default LocalDisk store.
import { runConformanceTests } from "@durable-streams/server-conformance-tests"
import { afterAll } from "vitest"

import { longPollTimeoutMs, ServerProcess } from "./lib/server.mjs"

const server = await ServerProcess.start()
afterAll(() => server.stop())

runConformanceTests({ baseUrl: server.url, longPollTimeoutMs, subscriptions: false })
