/** The parts of the chart library that are drawn with; everything else stays out of the bundle. */
import { BarChart, LineChart, PieChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendScrollComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([BarChart, LineChart, PieChart, ScatterChart, GridComponent, TooltipComponent, LegendScrollComponent, CanvasRenderer]);

export { init };
