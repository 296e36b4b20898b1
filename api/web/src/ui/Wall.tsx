/** All cameras side by side, as large as the screen allows. */
import { useEffect, useRef } from "preact/hooks"
import { t } from "../i18n"
import { cameras } from "../state/cameras"
import { layout } from "../state/layout"
import { Empty } from "./Empty"
import { Tile } from "./Tile"

const GAP = 12
const NARROWEST = 320

export function Wall() {
  const wall = useRef<HTMLDivElement>(null)
  const tiles = cameras.value?.length ?? 0

  useEffect(() => {
    const element = wall.current
    if (!element || !tiles) return
    const arrange = () => {
      const { width, top } = element.getBoundingClientRect()
      const height = innerHeight - (top + scrollY) - GAP
      const { columns, pictureHeight } = layout({
        tiles,
        width,
        height,
        gap: GAP,
        frame: frameOf(element),
        narrowest: NARROWEST,
      })
      element.style.setProperty("--columns", String(columns))
      element.style.setProperty("--picture-height", `${pictureHeight}px`)
    }
    const observer = new ResizeObserver(arrange)
    observer.observe(element)
    observer.observe(document.documentElement)
    return () => observer.disconnect()
  }, [tiles])

  if (!cameras.value) return <p class="loading">{t("wall.loading")}</p>
  if (!tiles) return <Empty />
  return (
    <div class="wall" ref={wall}>
      {cameras.value.map(camera => (
        <Tile key={camera.id} camera={camera} />
      ))}
    </div>
  )
}

/** What the tallest tile has above and below its picture, in px. */
function frameOf(wall: HTMLElement): number {
  const frames = [...wall.querySelectorAll(".tile")].map(
    tile => tile.clientHeight - (tile.querySelector(".picture")?.clientHeight ?? 0),
  )
  return Math.max(0, ...frames)
}
