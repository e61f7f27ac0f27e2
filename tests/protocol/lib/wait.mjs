/** Waits until `condition` holds; the timeout is a hang guard and says which phase never came. */
export async function until(phase, condition, seen, timeoutMs = 60_000) {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) {
      throw new Error(`Phase "${phase}" was not reached in ${timeoutMs} ms; seen: ${JSON.stringify(seen())}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
