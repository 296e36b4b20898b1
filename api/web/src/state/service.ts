/** The connection to the service: follows events, refreshes cameras and incidents, and reconnects by itself. */
import { signal } from "@preact/signals"
import { backoff } from "../api/backoff"
import { serverClock } from "../api/clock"
import { follow, type Position, Refused, type ServerEvent } from "../api/sse"
import type { CameraList, CameraStatus, Crossing, CrossingPage, Incident, IncidentPage } from "../api/types"
import { camerasUrl, earlierUrl, eventsUrl, incidentsUrl } from "../api/urls"
import { applyCameraList, applyCrossing, applyEarlier, applyHealth, cameras, TICKER_LENGTH } from "./cameras"
import { applyIncident, applyIncidents } from "./incidents"

export type Link =
  | { phase: "connecting" }
  | { phase: "live" }
  /** Monotonic times: since when the service is away, and when the next attempt is due. */
  | { phase: "lost"; since: number; retryAt: number }

export const link = signal<Link>({ phase: "connecting" })

/** The service sends something at least every 15 s. */
const SILENCE_MS = 40_000
/** Interval of requests for counts, new cameras, changed lines and the service's clock. */
const REFRESH_MS = 10_000
const NEWEST_INCIDENTS = 20
const OPEN_INCIDENTS = 500
/** After a reconnection, missed events arrive first; only then are the service's counts comparable. */
const SETTLE_MS = 1500

let wake: () => void = () => undefined

/** Ends the present wait. */
export function retryNow(): void {
  wake()
}

/** Runs until stopped. */
export async function runLink(stopped: AbortSignal): Promise<void> {
  const waits = backoff(500, 5000)
  const position: Position = { lastEventId: "" }
  addEventListener("online", retryNow, { signal: stopped })
  while (!stopped.aborted) {
    const connection = new AbortController()
    const signal = AbortSignal.any([stopped, connection.signal])
    const broken = () => connection.abort()
    try {
      const onOpen = () => {
        // Known cameras go live at once; a new page must load the cameras first.
        if (cameras.value) link.value = { phase: "live" }
        void keepFresh(signal, waits.reset).catch(broken)
      }
      await follow({ url: eventsUrl(), position, signal, silenceMs: SILENCE_MS, onOpen, onEvent: take })
    } catch (error) {
      // Whatever failed: wait, then reconnect; if the service rejects the position, from now on.
      if (error instanceof Refused && error.status < 500) position.lastEventId = ""
    } finally {
      connection.abort()
    }
    if (!stopped.aborted) await pause(waits.next(), stopped)
  }
}

async function keepFresh(signal: AbortSignal, succeeded: () => void): Promise<void> {
  if (cameras.value) await sleep(SETTLE_MS, signal)
  else applyEarlier((await ask<CrossingPage>(earlierUrl(TICKER_LENGTH), signal)).body.items)
  while (!signal.aborted) {
    applyCameras(await ask<CameraList>(camerasUrl(), signal))
    await askForIncidents(signal)
    if (link.value.phase !== "live") link.value = { phase: "live" }
    succeeded()
    await sleep(REFRESH_MS, signal)
  }
}

async function askForIncidents(signal: AbortSignal): Promise<void> {
  const newest = await ask<IncidentPage>(incidentsUrl(NEWEST_INCIDENTS), signal)
  const open = await ask<IncidentPage>(incidentsUrl(OPEN_INCIDENTS, true), signal)
  applyIncidents([...newest.body.items, ...open.body.items], newest.askedAt)
}

interface Answer<T> {
  body: T
  /** `sentAt` and `receivedAt` by the browser's clock, `askedAt` monotonic. */
  sentAt: number
  askedAt: number
  receivedAt: number
}

async function ask<T>(url: URL, signal: AbortSignal): Promise<Answer<T>> {
  const [sentAt, askedAt] = [Date.now(), performance.now()]
  const response = await fetch(url, { signal, cache: "no-store" })
  const receivedAt = Date.now()
  if (!response.ok) throw new Refused(response.status)
  return { body: (await response.json()) as T, sentAt, askedAt, receivedAt }
}

function applyCameras({ body, sentAt, askedAt, receivedAt }: Answer<CameraList>): void {
  serverClock.add({ sentAt, receivedAt, serverAt: Date.parse(body.as_of) })
  applyCameraList(body, askedAt)
}

function take(event: ServerEvent): void {
  if (event.event === "line_crossing") applyCrossing(JSON.parse(event.data) as Crossing)
  if (event.event === "incident") applyIncident(JSON.parse(event.data) as Incident)
  if (event.event === "health" && !applyHealth(JSON.parse(event.data) as CameraStatus)) retryNow()
}

async function pause(ms: number, stopped: AbortSignal): Promise<void> {
  const since = link.value.phase === "lost" ? link.value.since : performance.now()
  link.value = { phase: "lost", since, retryAt: performance.now() + ms }
  await sleep(ms, stopped)
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    wake = end
    signal.addEventListener("abort", end)
  })
}
