/** All cameras side by side, as large as the screen allows. */
import { useEffect, useRef } from "preact/hooks"
import { t } from "../i18n"
import { cameras } from "../state/cameras"
import { columns } from "../state/layout"
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
      const count = columns({ tiles, width, height, gap: GAP, frame: frameOf(element), narrowest: NARROWEST })
      element.style.setProperty("--columns", String(count))
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

/** What a tile has above and below its picture, in px. */
function frameOf(wall: HTMLElement): number {
  const heightOf = (selector: string) => wall.querySelector(selector)?.getBoundingClientRect().height ?? 0
  return heightOf(".tile") - heightOf(".picture")
}
