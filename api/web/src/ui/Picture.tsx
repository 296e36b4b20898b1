/** A camera's live picture on a canvas while it is visible, and a notice if there is no current frame. */
import { useSignal } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import type { Picture as LivePicture } from "../api/feed"
import { draw } from "../draw/scene"
import { t } from "../i18n"
import { age, number } from "../i18n/format"
import { type CameraModel, isStale } from "../state/cameras"
import { ageMs } from "../state/now"
import { pageVisible } from "../state/screen"
import { link } from "../state/service"
import { Icon } from "./Icon"
import { cameraName, stateText } from "./labels"
import { sceneOf } from "./sceneOf"
import { LevelChip } from "./TrafficNow"

export function Picture({ camera }: { camera: CameraModel }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const inView = useSignal(false)
  const watching = inView.value && pageVisible.value && link.value.phase !== "lost"

  useEffect(() => observeView(canvas.current, inView), [inView])
  useEffect(() => {
    if (!watching || !canvas.current) return
    return show(camera, canvas.current)
  }, [camera, watching])

  const label = t("tile.picture", { name: cameraName(camera), n: number(camera.feed.vehicles.value) })
  return (
    <div class="picture" data-stale={isStale(camera) || undefined}>
      <canvas ref={canvas} role="img" aria-label={label} />
      <Conditions camera={camera} />
      <Notice camera={camera} />
    </div>
  )
}

function observeView(canvas: HTMLCanvasElement | null, inView: { value: boolean }): (() => void) | undefined {
  if (!canvas) return
  const observer = new IntersectionObserver(
    entries => {
      inView.value = entries.at(-1)?.isIntersecting ?? false
    },
    { rootMargin: "80px" },
  )
  observer.observe(canvas)
  return () => observer.disconnect()
}

function show(camera: CameraModel, canvas: HTMLCanvasElement): () => void {
  const paint = (picture: LivePicture) => paintOn(canvas, camera, picture)
  const sizes = new ResizeObserver(() => {
    const scale = globalThis.devicePixelRatio || 1
    canvas.width = Math.round(canvas.clientWidth * scale)
    canvas.height = Math.round(canvas.clientHeight * scale)
    if (camera.feed.last) paint(camera.feed.last)
  })
  sizes.observe(canvas)
  const unwatch = camera.feed.watch(paint)
  return () => {
    sizes.disconnect()
    unwatch()
  }
}

function paintOn(canvas: HTMLCanvasElement, camera: CameraModel, picture: LivePicture): void {
  const context = canvas.getContext("2d")
  if (!context) return
  const scale = (globalThis.devicePixelRatio || 1) * textScale(canvas.clientWidth)
  draw(context, sceneOf(camera, picture), scale)
}

/** Text on pictures scales with the page's font size and with the picture's width. */
function textScale(width: number): number {
  const page = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1
  return page * Math.max(0.85, Math.min(width / (560 * page), 1.3))
}

/** Overlay: the overall congestion level, and conditions that impair the view. */
function Conditions({ camera }: { camera: CameraModel }) {
  const traffic = camera.health.value.traffic
  if (!traffic) return null
  const conditions = traffic.picture.map(condition => t(`condition.${condition}`))
  return (
    <div class="conditions">
      {traffic.congestion && <LevelChip level={traffic.congestion} />}
      {conditions.length > 0 && (
        <span class="condition">{t("condition.label", { conditions: conditions.join(", ") })}</span>
      )}
      {traffic.is_suspended && (
        <p class="suspended" role="status">
          <Icon name="broken" />
          {t("picture.suspended")}
        </p>
      )}
    </div>
  )
}

function Notice({ camera }: { camera: CameraModel }) {
  const state = camera.health.value.state
  const shownAt = camera.feed.shownAt.value
  if (state !== "online") return <StateNotice camera={camera} />
  if (camera.feed.unreadable.value) return <p class="notice">{t("picture.unreadable")}</p>
  if (shownAt === null) return <p class="notice waiting">{t("picture.waiting")}</p>
  if (isStale(camera)) return <p class="notice stale">{t("picture.stale", { age: age(ageMs(shownAt)) })}</p>
  return null
}

function StateNotice({ camera }: { camera: CameraModel }) {
  const health = camera.health.value
  const { label, why } = stateText(health.state)
  return (
    <div class="notice unwell">
      <Icon name="noPicture" class="large" />
      <p class="what">{label}</p>
      <p>{why}</p>
      {health.reason && <p class="reason">{health.reason}</p>}
    </div>
  )
}
