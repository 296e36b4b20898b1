import { expect, it } from "vitest"
import css from "./tokens.css?raw"

/** Both values of each token that has a light and a dark one. */
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [
    name as string,
    { light: light as string, dark: dark as string },
  ]),
)

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map(at => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const TEXT = 4.5
const SIGN = 3
const tones = ["ok", "warn", "bad", "off"]
const levels = ["free", "dense", "congested", "jammed"].map(level => `level-${level}`)
const classes = ["motorcycle", "car", "bus", "truck", "bicycle", "person"]
const pairs: [string, string, number][] = [
  ...["surface", "raised", "ground", "hover"].flatMap(paper =>
    ["ink", "ink-soft"].map((ink): [string, string, number] => [ink, paper, TEXT]),
  ),
  ...levels.map((level): [string, string, number] => [level, `${level}-ground`, TEXT]),
  ...tones.flatMap((tone): [string, string, number][] => [
    [tone, `${tone}-ground`, TEXT],
    [tone, "surface", TEXT],
  ]),
  ["direction-in", "surface", TEXT],
  ["direction-out", "surface", TEXT],
  ["accent", "surface", SIGN],
  ["edge-strong", "surface", SIGN],
  ...classes.map((of): [string, string, number] => [`class-${of}`, "surface", SIGN]),
]

it.each(pairs)("%s differs from %s in light and dark", (ink, paper, least) => {
  const [front, back] = [tokens.get(ink), tokens.get(paper)]
  if (!front || !back) throw new Error(`no token ${ink} or ${paper}`)
  expect(contrast(front.light, back.light)).toBeGreaterThanOrEqual(least)
  expect(contrast(front.dark, back.dark)).toBeGreaterThanOrEqual(least)
})
