/** DELETE, then HEAD: gone while forks hold it, else not found. */
export async function remove(run) {
  const stream = run.random.pick(run.model.live())
  const { reference } = await run.exchange({ method: "DELETE", path: stream.path }, stream)
  if (reference.status === 204) {
    stream.deleted()
  }
  await run.exchange({ method: "HEAD", path: stream.path }, stream)
}
