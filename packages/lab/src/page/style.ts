/** One colour per tier and one for everything that is no tier; told apart by people who see few colours, on either background. */
export const STYLE: string = `
:root { color-scheme: light dark; --ink: #1c2330; --faint: #5d6878; --paper: #fff; --panel: #f5f7fa; --grid: #dfe4ea;
  --priority: #b5480a; --standard: #0b62a8; --flex: #0a7d5a; --batch: #8c4a78; --policy: #4b5fae; --limit: #5d6878;
  --notice: #fff3d6; --notice-ink: #5c4300; --shade: #1c233033; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --faint: #9aa6b6; --paper: #14181f; --panel: #1c222c; --grid: #303947;
  --priority: #f08a4b; --standard: #5fb0f0; --flex: #3fcf9f; --batch: #d896c4; --policy: #97a8f0; --limit: #9aa6b6;
  --notice: #3b3116; --notice-ink: #f3dfa8; --shade: #000a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.25rem; margin: 2rem 0 0.5rem; }
h3 { font-size: 1.05rem; margin: 1.25rem 0 0.5rem; }
p { margin: 0.5rem 0; max-width: 60rem; }
.faint, figcaption span { color: var(--faint); }
.badge { display: inline-block; padding: 0.1rem 0.6rem; border-radius: 1rem; background: var(--notice); color: var(--notice-ink);
  font-weight: 600; font-size: 0.9rem; letter-spacing: 0.03em; }
.notice { background: var(--notice); color: var(--notice-ink); padding: 0.5rem 0.8rem; border-radius: 0.4rem; max-width: 60rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; margin: 0.75rem 0; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; max-height: 24rem; overflow-y: auto; }
.wide { overflow-x: auto; margin: 0.5rem 0;
  background: linear-gradient(to left, var(--paper) 1rem, transparent 2.5rem) right / 2.5rem 100% no-repeat local,
    linear-gradient(to left, var(--shade), transparent) right / 0.9rem 100% no-repeat scroll; }
table { border-collapse: separate; border-spacing: 0; font-size: 0.875rem; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { padding: 0.25rem 0.55rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--grid); }
thead th { color: var(--faint); font-weight: 500; white-space: normal; vertical-align: bottom; line-height: 1.25; }
tbody th { font-weight: 500; }
tr > :first-child { text-align: left; position: sticky; left: 0; padding-left: 0; background: var(--paper); }
tbody tr > :first-child { white-space: normal; overflow-wrap: anywhere; min-width: min(10.5rem, 30vw); }
.scroll thead th { position: sticky; top: 0; z-index: 1; background: var(--panel); }
.scroll tr > :first-child { background: var(--panel); }
td.words { white-space: normal; min-width: 9rem; }
.interval { display: block; font-size: 0.8rem; color: var(--faint); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem; margin-top: 1rem; }
figure { display: flex; flex-direction: column; margin: 0; padding: 0.8rem; background: var(--panel); border-radius: 0.5rem; min-width: 0; }
figcaption { font-size: 0.92rem; margin-bottom: 0.3rem; }
figcaption strong { display: block; font-size: 1rem; }
figure details { margin-top: auto; }
.keys { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; list-style: none; margin: 0.2rem 0; padding: 0; font-size: 0.82rem; }
.keys svg { width: 1.5rem; height: 0.65rem; margin-right: 0.35rem; }
.drawing { position: relative; }
.drawing svg { display: block; width: 100%; height: auto; }
svg text { font: 13px system-ui, sans-serif; fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 3px;
  stroke-linejoin: round; }
figure svg text { stroke: var(--panel); }
svg text.label { fill: var(--faint); }
svg text.right { text-anchor: end; }
svg text.middle { text-anchor: middle; }
svg .grid { stroke: var(--grid); fill: none; }
svg .axis { stroke: var(--faint); fill: none; }
svg .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke: var(--colour); }
svg .dashed { stroke-dasharray: 4 3; stroke-width: 1.3; }
svg .area { fill: var(--colour); fill-opacity: 0.75; }
svg .bar, svg .dot { fill: var(--colour); }
svg .cloud circle { fill: var(--policy); fill-opacity: 0.35; }
svg .whisker { stroke: var(--ink); stroke-opacity: 0.65; stroke-width: 1.2; fill: none; }
.priority { --colour: var(--priority); } .standard { --colour: var(--standard); } .flex { --colour: var(--flex); }
.batch { --colour: var(--batch); } .policy { --colour: var(--policy); } .limit { --colour: var(--limit); }
.tip { position: absolute; top: 0; pointer-events: none; background: var(--paper); color: var(--ink); border: 1px solid var(--grid);
  border-radius: 0.3rem; padding: 0.3rem 0.5rem; font-size: 0.78rem; white-space: pre; width: max-content; z-index: 1; }
summary { cursor: pointer; font-size: 0.85rem; color: var(--faint); padding: 0.2rem 0; }
.run > summary { font-size: 1.1rem; color: var(--ink); font-weight: 600; padding: 0.6rem 0; }
footer { margin: 2.5rem 0 1rem; color: var(--faint); font-size: 0.85rem; }
.broad { margin: 1rem 0; }
@media (max-width: 36rem) { body { padding: 0.75rem; } figure { padding: 0.6rem; } figure svg text { font-size: 17px; }
  .broad .drawing { overflow-x: auto; } .broad svg[role] { min-width: 40rem; } .broad svg text { font-size: 13px; } }
@media print { .tip { display: none; } figure { break-inside: avoid; } }
`;

/**
 * Shows the values under the pointer, out of the drawing's own table. The page says everything without it.
 */
export const SCRIPT: string = `
for (const figure of document.querySelectorAll('figure[data-left]')) {
  const drawing = figure.querySelector('.drawing');
  const names = [...figure.querySelectorAll('thead th')].slice(1).map((cell) => cell.textContent);
  const rows = figure.querySelectorAll('tbody tr');
  const left = Number(figure.dataset.left);
  const right = Number(figure.dataset.right);
  let tip = null;
  const hide = () => { tip?.remove(); tip = null; };
  drawing.addEventListener('pointermove', (event) => {
    const box = drawing.getBoundingClientRect();
    const share = ((event.clientX - box.left) / box.width - left) / (right - left);
    if (!(share >= 0 && share < 1)) { hide(); return; }
    const cells = rows[Math.floor(share * rows.length)].children;
    if (tip === null) { tip = document.createElement('div'); tip.className = 'tip'; drawing.append(tip); }
    tip.textContent = [cells[0].textContent, ...names.map((name, index) => name + '  ' + cells[index + 1].textContent)].join('\\n');
    const place = event.clientX - box.left;
    const wanted = place > box.width / 2 ? place - tip.offsetWidth - 12 : place + 12;
    tip.style.left = Math.max(0, Math.min(wanted, box.width - tip.offsetWidth)) + 'px';
  });
  drawing.addEventListener('pointerleave', hide);
}
`;
