/** What the page shows: its visibility, its theme, and the camera that is opened. */
import { computed, effect, signal } from "@preact/signals"
import { language } from "../i18n"
import { remembered } from "./remembered"

export const THEMES = ["auto", "light", "dark"] as const
export type Theme = (typeof THEMES)[number]

export const theme = remembered<Theme>("theme", THEMES, () => "auto")

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "auto"
}

export const pageVisible = signal(document.visibilityState === "visible")

const hash = signal(location.hash)
const CAMERA = "#camera/"

/** The id in the address `#camera/ID`: makes a link to one camera and the browser's back button work. */
export const openedId = computed(() =>
  hash.value.startsWith(CAMERA) ? decodeURIComponent(hash.value.slice(CAMERA.length)) : null,
)

export function openCamera(id: string): void {
  location.hash = CAMERA + encodeURIComponent(id)
}

export function closeCamera(): void {
  history.replaceState(null, "", location.pathname + location.search)
  hash.value = ""
}

/** Connects the signals to the document; call it once. */
export function followScreen(): void {
  document.addEventListener("visibilitychange", () => {
    pageVisible.value = document.visibilityState === "visible"
  })
  const readHash = () => {
    hash.value = location.hash
  }
  addEventListener("hashchange", readHash)
  addEventListener("popstate", readHash)
  effect(() => {
    document.documentElement.lang = language.value
  })
  effect(() => {
    document.documentElement.dataset.theme = theme.value
  })
}
