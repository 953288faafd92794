export function contractTable(report: {
  testResults: { assertionResults: { ancestorTitles: string[]; title: string; status: string }[] }[];
}): string;
