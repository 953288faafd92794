export interface ChartColors {
  series: string[];
  ink: string;
  meta: string;
  line: string;
  surface: string;
}

/** Resolves a CSS colour of any notation to "rgb(…)", by painting one pixel: the chart library reads no OKLCH. */
function toRgb(css: string, pen: CanvasRenderingContext2D): string {
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = css;
  pen.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = pen.getImageData(0, 0, 1, 1).data;
  return `rgb(${r},${g},${b})`;
}

/** The theme's colours as they are now on `element`. */
export function readChartColors(element: HTMLElement): ChartColors {
  const probe = document.createElement('span');
  element.append(probe);
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const read = (token: string) => {
    probe.style.color = `var(--color-${token})`;
    const css = getComputedStyle(probe).color;
    return pen ? toRgb(css, pen) : css;
  };
  const colors = {
    series: Array.from({ length: 8 }, (_, index) => read(`chart-${index + 1}`)),
    ink: read('ink'),
    meta: read('ink-3'),
    line: read('line'),
    surface: read('float'),
  };
  probe.remove();
  return colors;
}
