// The panels of one plotly chart in step: one camera for all scenes, what is pointed at shown in every panel.
// Streamlit draws charts on its own time, anew when they change, so this looks for the chart until it is there,
// and gives a new one the camera of the old. Nothing is loaded: plotly is the one that Streamlit brought.

const LOOK_EVERY = 250 // milliseconds
const cameras = {} // by chart, kept while it is drawn anew

const scenes = (chart) => Object.keys(chart._fullLayout || {}).filter((name) => /^scene\d*$/.test(name))

function turn(chart, camera) {
  const all = scenes(chart)
  const behind = all.filter((name) => JSON.stringify(chart._fullLayout[name].camera) !== JSON.stringify(camera))
  if (behind.length) {
    // The scene under the pointer too, or plotly would turn it back to where its layout says.
    window.Plotly.relayout(chart, Object.fromEntries(all.map((name) => [`${name}.camera`, camera])))
  }
}

function attach(chart, key, tell) {
  let wanted = null
  const onTurn = (change) => {
    const name = Object.keys(change || {}).find((entry) => /^scene\d*\.camera$/.test(entry))
    if (!name) return
    cameras[key] = change[name]
    if (wanted === null) requestAnimationFrame(() => { const to = wanted; wanted = null; turn(chart, to) })
    wanted = change[name]
  }
  let echo = false
  let own = null // what plotly itself found under the pointer: it takes a click for one on that
  const onPress = () => { if (own) chart._hoverdata = own }
  const onHover = (event) => {
    const point = event.points?.[0]
    if (echo || !point || point.data.type !== 'scatter') return
    const same = chart.data.flatMap((trace, curve) => {
      const place = trace.name === point.data.name && trace.x.length === point.data.x.length ? point.pointNumber : -1
      return place < 0 ? [] : [{ curveNumber: curve, pointNumber: place }]
    })
    if (same.length < 2) return
    own = chart._hoverdata
    echo = true // plotly tells of what it is told to show, too
    try {
      window.Plotly.Fx.hover(chart, same, same.map(({ curveNumber }) => {
        const trace = chart._fullData[curveNumber]
        return trace.xaxis + trace.yaxis
      }))
    } finally { echo = false }
  }
  const onClick = (event) => {
    const point = event.points?.[0]
    if (point && /3d$|^surface$/.test(point.data.type)) tell({ a1: point.x, a2: point.y })
  }
  const handlers = {
    plotly_relayouting: onTurn, plotly_relayout: onTurn, plotly_hover: onHover, plotly_click: onClick,
  }
  for (const [name, handler] of Object.entries(handlers)) chart.on(name, handler)
  chart.addEventListener('mousedown', onPress, true)
  if (cameras[key] && scenes(chart).length) turn(chart, cameras[key])
  return () => {
    for (const [name, handler] of Object.entries(handlers)) chart.removeListener?.(name, handler) // gone from a chart that is gone
    chart.removeEventListener('mousedown', onPress, true)
  }
}

export default function ({ data, setTriggerValue }) {
  let chart = null
  let detach = () => {}
  const look = () => {
    const found = document.querySelector(`.st-key-${data.chart} .js-plotly-plot`)
    if (!found || found === chart || !found._fullLayout || !window.Plotly) return
    detach()
    chart = found
    detach = attach(chart, data.chart, (place) => setTriggerValue('point', place))
  }
  const clock = setInterval(look, LOOK_EVERY)
  look()
  return () => { clearInterval(clock); detach() }
}
