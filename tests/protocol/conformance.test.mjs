// The published Durable Streams conformance suite, subscriptions off, against the default LocalDisk store, or against the
// server that EVENTCLUSTER_URL names.
import { runConformanceTests } from "@durable-streams/server-conformance-tests"
import { afterAll } from "vitest"

import { longPollTimeoutMs, ServerProcess } from "./lib/server.mjs"

let baseUrl = process.env.EVENTCLUSTER_URL
if (!baseUrl) {
  const server = await ServerProcess.start()
  afterAll(() => server.stop())
  baseUrl = server.url
}

runConformanceTests({ baseUrl, longPollTimeoutMs, subscriptions: false })
