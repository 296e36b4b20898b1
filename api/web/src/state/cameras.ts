/** The cameras as this screen knows them. One signal a thing that changes, so that a change draws anew only what shows it. */
import { computed, type Signal, signal } from "@preact/signals"
import { LiveFeed } from "../api/feed"
import type { Camera, CameraList, CameraStatus, Crossing } from "../api/types"
import { type Counts, counted, countsOf, reconciled, Seen } from "./counts"
import type { Latency } from "./latency"
import { ageMs } from "./now"

export interface CameraModel {
  readonly id: string
  readonly facts: Signal<Camera>
  readonly health: Signal<CameraStatus>
  readonly counts: Signal<Counts>
  /** Monotonic time at which this screen last heard of a crossing, by line. */
  readonly heardAt: Map<string, number>
  /** Lines of which the service's sum was lower than this screen's when it was asked last. */
  readonly lower: Set<string>
  readonly feed: LiveFeed
}

/** `null` until the service has answered once. */
export const cameras = signal<readonly CameraModel[] | null>(null)
/** The moment that counts begin at. */
export const countedSince = signal<string | null>(null)
/** Why the service cannot read its folder of camera files. */
export const folderProblem = signal<string | null>(null)
/** Newest first. */
export const crossings = signal<readonly Crossing[]>([])

export const onlineCount = computed(
  () => cameras.value?.filter(camera => camera.health.value.state === "online").length ?? 0,
)

export const TICKER_LENGTH = 50
/** A crossing is stored by the service within this time of its telling. */
const SETTLED_AFTER_MS = 1000
const seen = new Seen()

export function cameraById(id: string): CameraModel | undefined {
  return cameras.value?.find(camera => camera.id === id)
}

/** `askedAt`: monotonic time at which the service was asked for the list. */
export function takeList(list: CameraList, askedAt: number): void {
  const since = list.cameras[0]?.counts.since ?? null
  const newDay = since !== countedSince.value
  const known = new Map(cameras.value?.map(camera => [camera.id, camera]))
  const next = list.cameras.map(facts => {
    const camera = known.get(facts.id)
    if (!camera) return begun(facts)
    if (newDay) for (const lineId of camera.counts.value.keys()) camera.lower.add(lineId)
    return renewed(camera, facts, newDay ? Number.POSITIVE_INFINITY : askedAt)
  })
  for (const camera of known.values()) if (!next.includes(camera)) camera.feed.close()
  countedSince.value = since
  folderProblem.value = list.problem
  if (!sameCameras(cameras.value, next)) cameras.value = next
}

function begun(facts: Camera): CameraModel {
  return {
    id: facts.id,
    facts: signal(facts),
    health: signal(facts.health),
    counts: signal(countsOf(facts.counts.lines)),
    heardAt: new Map(),
    lower: new Set(),
    feed: new LiveFeed(facts.id),
  }
}

function renewed(camera: CameraModel, facts: Camera, askedAt: number): CameraModel {
  const isQuiet = (lineId: string) => (camera.heardAt.get(lineId) ?? 0) + SETTLED_AFTER_MS < askedAt
  camera.facts.value = facts
  camera.health.value = facts.health
  camera.counts.value = reconciled(camera.counts.value, countsOf(facts.counts.lines), isQuiet, camera.lower)
  return camera
}

function sameCameras(before: readonly CameraModel[] | null, after: readonly CameraModel[]): boolean {
  return before?.length === after.length && after.every((camera, index) => camera === before[index])
}

/** A live picture is renewed many times a second; older than this it must not pass for live. */
const STALE_MS = 3000

export function isStale({ feed }: CameraModel): boolean {
  const shownAt = feed.shownAt.value
  return shownAt !== null && ageMs(shownAt) > STALE_MS
}

/** Capture to screen, of pictures that come; `null` while none do. */
export function latencyNow(camera: CameraModel): Latency | null {
  return camera.health.value.state !== "online" || isStale(camera) ? null : camera.feed.latency.value
}

/** A camera that is not known is asked for with the next list. Whether it is known. */
export function takeHealth(health: CameraStatus): boolean {
  const camera = cameraById(health.camera_id)
  if (camera) camera.health.value = health
  return camera !== undefined
}

export function takeCrossing(crossing: Crossing): void {
  if (!seen.first(crossing.event_id)) return
  const camera = cameraById(crossing.camera_id)
  if (camera) {
    const { line_id, object_class, direction } = crossing
    camera.heardAt.set(line_id, performance.now())
    camera.counts.value = counted(camera.counts.value, line_id, object_class, direction)
  }
  crossings.value = newestFirst([crossing, ...crossings.value])
}

/** What crossed before this screen came: shown, and counted by the service already. */
export function takeEarlier(earlier: readonly Crossing[]): void {
  const fresh = earlier.filter(crossing => seen.first(crossing.event_id))
  crossings.value = newestFirst([...crossings.value, ...fresh])
}

function newestFirst(all: Crossing[]): Crossing[] {
  return all.sort((a, b) => Date.parse(b.crossed_at) - Date.parse(a.crossed_at)).slice(0, TICKER_LENGTH)
}
