/** Counts the rows that are taken and their bytes, and says where a result was cut. */
export class RowCap {
  truncated: { by: 'rows' | 'bytes'; limit: number } | null = null;
  private rows = 0;
  private bytes = 0;

  constructor(
    private readonly maxRows: number,
    private readonly maxBytes: number,
  ) {}

  /** @returns whether one more row of so many bytes may be given */
  admit(bytes: number): boolean {
    this.rows += 1;
    this.bytes += bytes;
    if (this.rows > this.maxRows) this.truncated = { by: 'rows', limit: this.maxRows };
    else if (this.bytes > this.maxBytes) this.truncated = { by: 'bytes', limit: this.maxBytes };
    return this.truncated === null;
  }
}
