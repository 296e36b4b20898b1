/** The service's addresses, relative to the page, so that a reverse proxy may serve both below any path. */
const api = (path: string) => new URL(`api/v1/${path}`, document.baseURI)

export const camerasUrl = () => api("cameras")
export const earlierUrl = (limit: number) => api(`crossings?limit=${limit}`)
export const incidentsUrl = (limit: number, open?: boolean) =>
  api(`incidents?limit=${limit}${open === undefined ? "" : `&open=${open}`}`)
export const eventsUrl = () => api("events")

export function liveUrl(cameraId: string): URL {
  const url = api(`cameras/${encodeURIComponent(cameraId)}/live`)
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:"
  return url
}
