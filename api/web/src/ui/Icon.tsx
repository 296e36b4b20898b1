/** The page's icons, inline; each accompanies a text or label with the same meaning. */
const PATHS = {
  sun: "M12 4V2m0 20v-2m8-8h2M2 12h2m13.7-5.7 1.4-1.4M4.9 19.1l1.4-1.4m11.4 0 1.4 1.4M4.9 4.9l1.4 1.4M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
  system: "M4 5h16v11H4zM9 20h6m-3-4v4",
  check: "m5 12.5 4.5 4.5L19 7.5",
  late: "M12 7v5.5l3.5 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
  broken:
    "M12 8v5m0 3.5v.01M10.3 3.9 2.5 17.6A2 2 0 0 0 4.2 20.6h15.6a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0Z",
  close: "M6 6l12 12M18 6 6 18",
  pause: "M9 6v12m6-12v12",
  play: "M8 5.5v13l10-6.5z",
  into: "M3 12h11m-4.5-4.5L14 12l-4.5 4.500M20 5v14",
  out: "M21 12H10m4.5-4.5L10 12l4.5 4.5M4 5v14",
  noPicture: "M3 3l18 18M9.5 5H15l1.5 2.5H20a1 1 0 0 1 1 1V17M18 19H4a1 1 0 0 1-1-1V8.500a1 1 0 0 1 1-1h3",
} as const

export function Icon({ name, class: extra = "" }: { name: keyof typeof PATHS; class?: string }) {
  return (
    <svg class={`icon ${extra}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
