/** All cameras side by side, as large as the screen allows. */
import { computed } from "@preact/signals"
import { useEffect, useRef } from "preact/hooks"
import { t } from "../i18n"
import { type CameraModel, cameras } from "../state/cameras"
import { layout } from "../state/layout"
import { Empty } from "./Empty"
import { Tile } from "./Tile"

const GAP = 12
const NARROWEST = 320

/** Aspect ratio (width over height) of the tallest picture, of cameras that have sent one. */
const tallest = computed(() => {
  const sizes = cameras.value?.map(({ health }) => health.value.stats) ?? []
  const shapes = sizes.flatMap(({ width_px, height_px }) => (height_px ? [width_px / height_px] : []))
  return Math.min(16 / 9, ...shapes)
})

export function Wall() {
  const all = cameras.value
  if (!all) return <p class="loading">{t("wall.loading")}</p>
  return all.length ? <Tiles all={all} shape={tallest.value} /> : <Empty />
}

function Tiles({ all, shape }: { all: readonly CameraModel[]; shape: number }) {
  const wall = useRef<HTMLDivElement>(null)
  const tiles = all.length
  useEffect(() => {
    const element = wall.current
    if (!element) return
    const arrange = () => {
      const { width, top } = element.getBoundingClientRect()
      const height = innerHeight - (top + scrollY) - GAP
      const { columns, pictureHeight } = layout({
        tiles,
        width,
        height,
        gap: GAP,
        frame: frameOf(element),
        shape,
        narrowest: NARROWEST,
      })
      element.style.setProperty("--columns", String(columns))
      element.style.setProperty("--picture-height", `${pictureHeight}px`)
    }
    const observer = new ResizeObserver(arrange)
    observer.observe(element)
    observer.observe(document.documentElement)
    return () => observer.disconnect()
  }, [tiles, shape])

  return (
    <div class="wall" ref={wall}>
      {all.map(camera => (
        <Tile key={camera.id} camera={camera} />
      ))}
    </div>
  )
}

/** Height of the tallest tile without its picture, px. */
function frameOf(wall: HTMLElement): number {
  const frames = [...wall.querySelectorAll(".tile")].map(
    tile => tile.clientHeight - (tile.querySelector(".picture")?.clientHeight ?? 0),
  )
  return Math.max(0, ...frames)
}
