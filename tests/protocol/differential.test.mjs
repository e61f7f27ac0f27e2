// The same seeded random operations against the npm reference server and ours must give the same answers.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { DurableStreamTestServer } from "@durable-streams/server"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { deviations } from "./differential/deviations.mjs"
import { operationNames } from "./differential/operations.mjs"
import { DifferentialRun } from "./differential/run.mjs"
import { ServerProcess } from "./lib/server.mjs"

const seeds = process.env.EVENTCLUSTER_SEED ? [Number(process.env.EVENTCLUSTER_SEED)] : [1, 2, 3, 4, 5]
const operations = Number(process.env.EVENTCLUSTER_OPERATIONS ?? 600)

let reference
let ours
beforeAll(async () => {
  reference = new DurableStreamTestServer({ port: 0, longPollTimeout: 4_000, compression: false })
  await reference.start()
  ours = await ServerProcess.start()
})
afterAll(async () => {
  await reference.stop()
  await ours.stop()
})

describe("random operations", () => {
  test.each(seeds)("seed_%i_gives_the_same_answers", async (seed) => {
    const run = new DifferentialRun(reference.url, ours.url, seed)
    await run.run(operations)
    console.log(`seed ${seed}: ${run.requests} requests; deviations: ${JSON.stringify(Object.fromEntries(run.explained))}`)
    expect(run.mismatches.join("\n")).toBe("")
    if (operations >= 600) {
      expect([...run.counts.keys()].sort()).toEqual([...operationNames].sort())
    }
  })
})

describe("the comparison itself", () => {
  test("a_server_with_known_faults_is_caught", async () => {
    // The reference's file store loses its refusals of soft-deleted names and keeps streams of failed creates.
    const dataDir = mkdtempSync(join(tmpdir(), "eventcluster-faulty-"))
    const faulty = new DurableStreamTestServer({ port: 0, longPollTimeout: 4_000, compression: false, dataDir })
    await faulty.start()
    try {
      const run = new DifferentialRun(reference.url, faulty.url, 2)
      await run.run(600)
      expect(run.mismatches.length).toBeGreaterThan(0)
    } finally {
      await faulty.stop()
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})

describe("where the reference is wrong by the protocol's text", () => {
  test.each(deviations.map((d) => [d.id, d.section, d]))("%s_(section_%s)", async (_, __, deviation) => {
    await deviation.scenario({ reference: reference.url, ours: ours.url, expect })
  })
})
