// The published JavaScript client, end to end.
import { DurableStream, IdempotentProducer, stream } from "@durable-streams/client"
import { afterAll, beforeAll, expect, test } from "vitest"

import { ServerProcess } from "./lib/server.mjs"
import { until } from "./lib/wait.mjs"

let server
beforeAll(async () => {
  server = await ServerProcess.start()
})
afterAll(() => server.stop())

const urlOf = (name) => `${server.url}/v1/stream/client/${name}`

test("create_append_read_json_returns_items_in_order", async () => {
  const handle = await DurableStream.create({ url: urlOf("json"), contentType: "application/json" })
  for (let i = 0; i < 20; i++) {
    await handle.append(JSON.stringify({ i }))
  }
  const response = await stream({ url: urlOf("json"), live: false })
  expect(await response.json()).toEqual(Array.from({ length: 20 }, (_, i) => ({ i })))
})

test("batched_appends_of_one_handle_keep_order", async () => {
  const handle = await DurableStream.create({ url: urlOf("batched"), contentType: "application/json" })
  await Promise.all(Array.from({ length: 200 }, (_, i) => handle.append(JSON.stringify(i))))
  const response = await stream({ url: urlOf("batched"), live: false })
  expect(await response.json()).toEqual(Array.from({ length: 200 }, (_, i) => i))
})

test("binary_stream_returns_the_same_bytes", async () => {
  const handle = await DurableStream.create({ url: urlOf("binary"), contentType: "application/octet-stream" })
  const bytes = Uint8Array.from({ length: 4096 }, (_, i) => (i * 31) & 255)
  await handle.append(bytes.subarray(0, 1000))
  await handle.append(bytes.subarray(1000))
  const response = await stream({ url: urlOf("binary"), live: false })
  expect(Buffer.from(await response.body()).equals(Buffer.from(bytes))).toBe(true)
})

test.each(["long-poll", "sse"])("live_%s_reader_sees_backlog_then_live_then_the_end", async (live) => {
  const url = urlOf(`live-${live}`)
  const handle = await DurableStream.create({ url, contentType: "application/json" })
  for (let i = 0; i < 5; i++) {
    await handle.append(JSON.stringify(i))
  }
  const items = []
  const response = await stream({ url, live, offset: "-1" })
  response.subscribeJson(async (batch) => {
    items.push(...batch.items)
  })
  await until("backlog", () => items.length >= 5, () => items)
  for (let i = 5; i < 30; i++) {
    await handle.append(JSON.stringify(i))
  }
  await handle.close({ body: JSON.stringify("end") })
  await response.closed
  await until("end", () => items.at(-1) === "end", () => items)
  expect(items).toEqual([...Array.from({ length: 30 }, (_, i) => i), "end"])
  expect(response.streamClosed).toBe(true)
})

test("idempotent_producer_with_pipelined_batches_leaves_one_copy_in_order", async () => {
  const handle = await DurableStream.create({ url: urlOf("producer"), contentType: "application/json" })
  const producer = new IdempotentProducer(handle, "writer", { autoClaim: true, maxInFlight: 4, lingerMs: 1 })
  for (let i = 0; i < 500; i++) {
    producer.append(JSON.stringify(i))
  }
  await producer.flush()
  await producer.detach()
  const response = await stream({ url: urlOf("producer"), live: false })
  expect(await response.json()).toEqual(Array.from({ length: 500 }, (_, i) => i))
})

test("a_restarted_producer_claims_its_epoch_and_fences_the_old_one", async () => {
  const handle = await DurableStream.create({ url: urlOf("fenced"), contentType: "application/json" })
  const old = new IdempotentProducer(handle, "writer", { epoch: 0, lingerMs: 1 })
  old.append(JSON.stringify("old"))
  await old.flush()
  const restarted = new IdempotentProducer(handle, "writer", { epoch: 1, lingerMs: 1 })
  restarted.append(JSON.stringify("new"))
  await restarted.flush()
  const errors = []
  const zombie = new IdempotentProducer(handle, "writer", { epoch: 0, lingerMs: 1, onError: (e) => errors.push(e) })
  zombie.append(JSON.stringify("zombie"))
  await zombie.flush().catch((e) => errors.push(e))
  await until("the zombie is refused", () => errors.length > 0, () => errors)
  expect(errors[0].name).toBe("StaleEpochError")
  const response = await stream({ url: urlOf("fenced"), live: false })
  expect(await response.json()).toEqual(["old", "new"])
})

test("head_and_delete_follow_the_stream", async () => {
  const handle = await DurableStream.create({ url: urlOf("head"), contentType: "text/plain", ttlSeconds: 600 })
  await handle.append("hello")
  const head = await handle.head()
  expect(head.exists).toBe(true)
  expect(head.contentType).toBe("text/plain")
  await handle.close()
  expect((await handle.head()).streamClosed).toBe(true)
  await handle.delete()
  expect((await handle.head()).exists).toBe(false)
})

test("resume_from_a_saved_offset_after_kill_continues_without_loss", async () => {
  const own = await ServerProcess.start()
  try {
    const url = `${own.url}/v1/stream/client/resume`
    const handle = await DurableStream.create({ url, contentType: "application/json" })
    await handle.append(JSON.stringify([1, 2, 3]))
    const first = await stream({ url, live: false })
    const before = await first.json()
    const saved = first.offset
    await handle.append(JSON.stringify([4, 5]))
    await own.kill9()
    await own.restart()
    const second = await stream({ url, live: false, offset: saved })
    expect([...before, ...(await second.json())]).toEqual([[1, 2, 3], [4, 5]])
  } finally {
    await own.stop()
  }
})
