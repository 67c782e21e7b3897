// These run inside the page: each is sent there by its text, so it can use nothing from outside itself.

/** What is wrong with the plots: hidden, empty, without title, axis labels or legend; letters cut off, upon each other or too small. */
export function plotFaults(): string[] {
  const LETTERS_PX_MIN = 9;
  const TOLERANCE_PX = 1;
  const faults: string[] = [];
  const textOf = (root: Element, selector: string): string => root.querySelector(selector)?.textContent?.trim() ?? '';
  const isDrawn = (element: SVGGraphicsElement): boolean => {
    const { width, height } = element.getBBox();
    return width + height > 0;
  };
  const holds = (outer: DOMRect, inner: DOMRect): boolean =>
    inner.left >= outer.left - TOLERANCE_PX &&
    inner.right <= outer.right + TOLERANCE_PX &&
    inner.top >= outer.top - TOLERANCE_PX &&
    inner.bottom <= outer.bottom + TOLERANCE_PX;
  const overlap = (one: DOMRect, other: DOMRect): boolean =>
    one.left + TOLERANCE_PX < other.right &&
    other.left + TOLERANCE_PX < one.right &&
    one.top + 2 * TOLERANCE_PX < other.bottom &&
    other.top + 2 * TOLERANCE_PX < one.bottom;

  const plots = [...document.querySelectorAll<SVGSVGElement>('svg[role="img"]')];
  if (plots.length === 0) faults.push('there is no plot');
  for (const [index, svg] of plots.entries()) {
    const figure = svg.closest('figure');
    const title = figure === null ? '' : textOf(figure, 'figcaption strong');
    const say = (what: string): void => void faults.push(`plot ${index} (${title}): ${what}`);
    if (figure === null || title === '') {
      say('it has no title');
      continue;
    }
    if (textOf(figure, 'figcaption span') === '') say('it has no caption');
    const box = svg.getBoundingClientRect();
    if (!svg.checkVisibility() || box.width < 200 || box.height < 100)
      say(`it is ${box.width} by ${box.height} pixels`);
    const labels = [...svg.querySelectorAll('text.label')].filter((label) => label.textContent?.trim() !== '');
    if (labels.length !== 2) say(`${labels.length} of 2 axes have a label`);
    const keys = [...figure.querySelectorAll('.keys > li')];
    if (keys.length === 0) say('it has no legend');
    for (const key of keys) {
      const sample = key.querySelector<SVGGraphicsElement>('svg > *');
      if (sample === null || !isDrawn(sample) || key.textContent?.trim() === '') say('a key of its legend is empty');
    }
    const data = [...svg.querySelectorAll<SVGGraphicsElement>('.line:not(.limit), .area, .bar, .dot, .cloud circle')];
    if (!data.some(isDrawn)) say('nothing is drawn');
    for (const mark of data) {
      if (!holds(box, mark.getBoundingClientRect()))
        say(`a ${mark.getAttribute('class') ?? 'point'} leaves the drawing`);
    }
    const texts = [...svg.querySelectorAll('text')].map((text) => ({
      words: text.textContent ?? '',
      box: text.getBoundingClientRect(),
      size: parseFloat(getComputedStyle(text).fontSize) * (box.width / svg.viewBox.baseVal.width),
    }));
    for (const [place, text] of texts.entries()) {
      if (!holds(box, text.box)) say(`“${text.words}” is cut off`);
      if (text.size < LETTERS_PX_MIN) say(`“${text.words}” has letters of ${text.size.toFixed(1)} pixels`);
      for (const other of texts.slice(place + 1)) {
        if (overlap(text.box, other.box)) say(`“${text.words}” and “${other.words}” are upon each other`);
      }
    }
  }
  return faults;
}

/** Texts that do not stand out from what is behind them as WCAG 2 asks of all but large letters. */
export function contrastFaults(): string[] {
  const RATIO_MIN = 4.5;
  type Colour = readonly [red: number, green: number, blue: number, alpha: number];
  const parsed = (text: string): Colour => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (/^rgba?\((.*)\)$/.exec(text)?.[1] ?? '0 0 0 0')
      .split(/[ ,/]+/)
      .map(Number);
    return [red, green, blue, alpha];
  };
  const over = (top: Colour, bottom: Colour): Colour => {
    const mixed = [0, 1, 2].map((channel) => top[channel]! * top[3] + bottom[channel]! * (1 - top[3]));
    return [mixed[0]!, mixed[1]!, mixed[2]!, 1];
  };
  const behind = (element: Element | null): Colour => {
    // The canvas below the page has the colour that the scheme gives it.
    if (element === null)
      return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
    const own = parsed(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, behind(element.parentElement));
  };
  const luminance = (colour: Colour): number => {
    const [red, green, blue] = colour.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const faults = new Set<string>();
  let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent?.trim() ?? '';
    if (element === null || text === '' || !element.checkVisibility() || element.closest('script, style, title'))
      continue;
    seen += 1;
    const style = getComputedStyle(element);
    const background = behind(element);
    const ink = over(parsed(element instanceof SVGElement ? style.fill : style.color), background);
    const [light, dark] = [luminance(ink), luminance(background)].sort((one, other) => other - one);
    const ratio = (light! + 0.05) / (dark! + 0.05);
    if (ratio < RATIO_MIN) faults.add(`“${text.slice(0, 40)}” has a contrast of ${ratio.toFixed(2)}`);
  }
  return seen === 0 ? ['there is no text'] : [...faults];
}

/** Anything that makes the page itself wider than the window. */
export function sidewaysFaults(): string[] {
  const { scrollWidth } = document.documentElement;
  return scrollWidth > innerWidth ? [`the page is ${scrollWidth} pixels wide in a window of ${innerWidth}`] : [];
}
