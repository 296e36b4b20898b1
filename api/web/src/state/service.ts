/** The link to the service: asks for the cameras, follows the events, and returns by itself whatever breaks. */
import { signal } from "@preact/signals"
import { backoff } from "../api/backoff"
import { serverClock } from "../api/clock"
import { follow, type ServerEvent } from "../api/sse"
import type { CameraHealth, CameraList, LineCrossing } from "../api/types"
import { camerasUrl, eventsUrl } from "../api/urls"
import { takeCrossing, takeHealth, takeList } from "./cameras"

export type Link =
  | { phase: "connecting" }
  | { phase: "live" }
  /** Monotonic times: since when it is gone, and when the next attempt is due. */
  | { phase: "lost"; since: number; retryAt: number }

export const link = signal<Link>({ phase: "connecting" })

/** The service says something at least every 15 s. */
const SILENCE_MS = 40_000
/** Counts are taken anew so often: what this screen added up meanwhile cannot drift. */
const REFRESH_MS = 15_000

let wake: () => void = () => undefined

/** Cuts the wait for the next attempt short. */
export function retryNow(): void {
  wake()
}

export async function runLink(stopped: AbortSignal): Promise<void> {
  const waits = backoff(500, 10_000)
  let lastEventId = ""
  addEventListener("online", retryNow, { signal: stopped })
  while (!stopped.aborted) {
    const connection = new AbortController()
    const signal = AbortSignal.any([stopped, connection.signal])
    try {
      await refresh(signal)
      await follow({
        url: eventsUrl(),
        lastEventId,
        signal,
        silenceMs: SILENCE_MS,
        onOpen: () => {
          waits.reset()
          link.value = { phase: "live" }
          void keepFresh(signal, connection)
        },
        onEvent: event => {
          lastEventId = event.id
          take(event)
        },
      })
    } catch {
      // Whatever broke, the remedy is the same: wait a little, begin anew.
    } finally {
      connection.abort()
    }
    if (!stopped.aborted) await pause(waits.next())
  }
}

async function refresh(signal: AbortSignal): Promise<void> {
  const sentAt = Date.now()
  const response = await fetch(camerasUrl(), { signal, cache: "no-store" })
  if (!response.ok) throw new Error(`the service answered ${response.status}`)
  const list = (await response.json()) as CameraList
  serverClock.add({ sentAt, receivedAt: Date.now(), serverAt: Date.parse(list.at) })
  takeList(list)
}

async function keepFresh(signal: AbortSignal, connection: AbortController): Promise<void> {
  while (!signal.aborted) {
    await sleep(REFRESH_MS, signal)
    try {
      if (!signal.aborted) await refresh(signal)
    } catch {
      connection.abort()
    }
  }
}

function take(event: ServerEvent): void {
  switch (event.event) {
    case "line_crossing":
      takeCrossing(JSON.parse(event.data) as LineCrossing)
      break
    case "health":
      takeHealth(JSON.parse(event.data) as CameraHealth)
      break
  }
}

async function pause(ms: number): Promise<void> {
  const since = link.value.phase === "lost" ? link.value.since : performance.now()
  link.value = { phase: "lost", since, retryAt: performance.now() + ms }
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, ms)
    wake = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
