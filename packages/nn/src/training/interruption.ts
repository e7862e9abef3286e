/**
 * Lets a loop end well when the process is told to: the first SIGINT or SIGTERM sets `requested`, the second ends the
 * process at once.
 */
export class Interruption {
  requested = false
  private readonly onSignal = () => {
    if (this.requested) process.exit(130)
    this.requested = true
    this.announce()
  }

  constructor(private readonly announce: () => void) {
    process.on('SIGINT', this.onSignal)
    process.on('SIGTERM', this.onSignal)
  }

  /** Gives the signals their usual effect back. */
  stop(): void {
    process.off('SIGINT', this.onSignal)
    process.off('SIGTERM', this.onSignal)
  }
}
