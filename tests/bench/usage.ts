// SPDX-License-Identifier: MIT

/** What a process has used, from /proc. */

/** CPU time of all threads that a process has, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  let total = 0;
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    // Nanoseconds on a CPU; /proc/PID/stat counts in hundredths of a second.
    const [nanoseconds] = Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`).split(" ");
    total += Number(nanoseconds) / 1000;
  }
  return total;
}

/** Resident memory of a process in MiB. */
export function residentMebibytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** The most resident memory that a process had since {@link forgetPeak}, in MiB. */
export function peakMebibytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** Lets the peak begin anew at what is resident now. */
export function forgetPeak(pid: number): void {
  Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
}
