// Chromium's own EventSource on a page of our server, and the page itself.
import assert from "node:assert/strict"
import { after, before, test } from "node:test"

import { chromium } from "playwright-core"

import { ServerProcess } from "../protocol/lib/server.mjs"
import { until } from "../protocol/lib/wait.mjs"

const chromiumPath = process.env.EVENTCLUSTER_CHROMIUM ?? "/usr/bin/chromium"

// As root the sandbox cannot start; the other flags keep Chromium from calling home.
const chromiumFlags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
]

let browser
let server
before(async () => {
  server = await ServerProcess.start()
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags, headless: true })
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

async function put(url, body) {
  const response = await fetch(url, { method: "PUT", headers: { "content-type": "application/json" }, body })
  assert.equal(response.status, 201)
}

async function post(url, value) {
  const response = await fetch(url, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(value),
  })
  assert.equal(response.status, 204)
}

/** Opens the start page and notes everything that went wrong on it. */
async function openPage(url) {
  const page = await browser.newPage()
  const faults = []
  page.on("console", (message) => message.type() === "error" && faults.push(`console: ${message.text()}`))
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`))
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) {
      faults.push(`external request: ${request.url()}`)
    }
  })
  await page.addInitScript(() => {
    window.cspViolations = []
    document.addEventListener("securitypolicyviolation", (e) => window.cspViolations.push(`${e.violatedDirective} ${e.blockedURI}`))
  })
  await page.goto(url)
  return { page, faults }
}

/** Starts Chromium's EventSource in the page; what it dispatches lands in `window.seen`. */
function listenInPage(page, url) {
  return page.evaluate((address) => {
    window.seen = { messages: [], ids: [], gaps: [], ends: [], opens: 0 }
    window.source = new EventSource(address)
    window.source.onopen = () => window.seen.opens++
    window.source.onmessage = (e) => {
      window.seen.messages.push(e.data)
      window.seen.ids.push(e.lastEventId)
    }
    window.source.addEventListener("gap", (e) => window.seen.gaps.push(e.data))
    window.source.addEventListener("end", (e) => window.seen.ends.push(e.data))
  }, url)
}

async function untilSeen(page, phase, condition) {
  let seen = null
  await until(phase, async () => condition(seen = await page.evaluate(() => ({ ...window.seen, state: window.source.readyState }))), () => seen)
  return seen
}

test("eventsource_across_kill9_receives_every_event_exactly_once", async () => {
  const own = await ServerProcess.start()
  const url = `${own.url}/v1/stream/browser/resume`
  await put(url)
  const { page } = await openPage(`${own.url}/`)
  try {
    await listenInPage(page, url)
    for (let i = 0; i < 30; i++) {
      await post(url, i)
    }
    await untilSeen(page, "first half", (seen) => seen.messages.length >= 15)
    await own.kill9()
    await own.restart()
    for (let i = 30; i < 60; i++) {
      await post(url, i)
    }
    const seen = await untilSeen(page, "second half", (s) => s.messages.length >= 60)
    assert.deepEqual(seen.messages.map(Number), Array.from({ length: 60 }, (_, i) => i))
    assert.deepEqual(seen.ids, [...new Set(seen.ids)].sort())
    assert.deepEqual(seen.gaps, [])
    assert.ok(seen.opens >= 2, `opened ${seen.opens} times`)
  } finally {
    await page.close()
    await own.stop()
  }
})

test("eventsource_of_a_closed_stream_gets_the_end_and_stops", async () => {
  const url = `${server.url}/v1/stream/browser/end`
  await put(url, JSON.stringify([1, 2, 3]))
  const { page } = await openPage(`${server.url}/`)
  try {
    await listenInPage(page, url)
    await untilSeen(page, "backlog", (seen) => seen.messages.length === 3)
    await fetch(url, { method: "POST", headers: { "stream-closed": "true" } })
    const seen = await untilSeen(page, "stopped", (s) => s.state === 2)
    assert.equal(seen.ends.length, 1)
    assert.deepEqual(seen.messages, ["1", "2", "3"])
  } finally {
    await page.close()
  }
})

test("an_eventsource_that_comes_before_its_stream_begins_with_its_first_event", { timeout: 120_000 }, async () => {
  const { page } = await openPage(`${server.url}/`)
  try {
    for (const query of ["wait-for-stream=60", "wait-for-stream=60&offset=now", "wait-for-stream=1"]) {
      const url = `${server.url}/v1/stream/browser/early${encodeURIComponent(query)}`
      await listenInPage(page, `${url}?${query}`)
      // With one second the answers end and the browser comes again, which must not close it for good.
      const opens = query === "wait-for-stream=1" ? 2 : 1
      await untilSeen(page, `${query}: open before the stream exists`, (seen) => seen.opens >= opens && seen.state !== 2)
      await put(url, JSON.stringify(["first"]))
      await post(url, "second")
      const seen = await untilSeen(page, `${query}: both events`, (s) => s.messages.length >= 2)
      assert.deepEqual(seen.messages, ['"first"', '"second"'])
      assert.deepEqual([seen.gaps, seen.ends], [[], []])
      await page.evaluate(() => window.source.close())
    }

    // Several streams on one connection, one of which is there already.
    const base = `${server.url}/v1/stream/browser/many`
    await put(`${base}/there`, JSON.stringify([1]))
    await page.evaluate((address) => {
      window.seen = { events: [], opens: 0 }
      window.source = new EventSource(address)
      window.source.onopen = () => window.seen.opens++
      for (const name of ["events", "message", "gap", "failure"]) {
        window.source.addEventListener(name, (e) => window.seen.events.push(`${name} ${e.data}`))
      }
    }, `${server.url}/v1/streams?stream=browser/many/there&stream=browser/many/early&wait-for-stream=60`)
    await untilSeen(page, "the stream that is there", (seen) => seen.events.some((e) => e.includes("browser/many/there")))
    await put(`${base}/early`, JSON.stringify(["late"]))
    const seen = await untilSeen(page, "the stream that came", (s) => s.events.some((e) => e.includes("late")))
    assert.ok(seen.events.every((e) => !e.startsWith("failure") && !e.startsWith("gap")), seen.events.join("\n"))
    await page.evaluate(() => window.source.close())
  } finally {
    await page.close()
  }
})

test("an_eventsource_without_the_wait_is_closed_for_good_before_its_stream_exists", async () => {
  const { page } = await openPage(`${server.url}/`)
  try {
    await listenInPage(page, `${server.url}/v1/stream/browser/never`)
    await untilSeen(page, "closed", (seen) => seen.state === 2 && seen.opens === 0)
  } finally {
    await page.close()
  }
})

test("the start page creates, publishes and shows live events by keyboard alone, without faults", { timeout: 120_000 }, async () => {
  const { page, faults } = await openPage(`${server.url}/`)
  try {
    // Tab order is the order of use: name, type, create, event, publish.
    await page.focus("#stream")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("page/keys")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    assert.equal(await page.evaluate(() => document.activeElement.id), "create")
    await page.keyboard.press("Enter")
    await page.waitForSelector("#state[data-state=live]")

    await page.keyboard.press("Tab")
    assert.equal(await page.evaluate(() => document.activeElement.id), "message")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("typed by hand <b>&amp;")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.waitForSelector("#log li.event")
    assert.match(await page.textContent("#log li.event"), /^[0-9a-v]{20}typed by hand <b>&amp;$/)
    assert.equal(await page.textContent("#offset"), (await page.textContent("#log li.event")).slice(0, 20))
    assert.equal(await page.getAttribute("#log", "aria-live"), "polite")

    await fetch(`${server.url}/v1/stream/page/keys`, { method: "POST", headers: { "stream-closed": "true" } })
    await page.waitForSelector("#state[data-state=ended]")
    assert.deepEqual(await page.evaluate(() => window.cspViolations), [])
    assert.deepEqual(faults, [])
  } finally {
    await page.close()
  }
})
