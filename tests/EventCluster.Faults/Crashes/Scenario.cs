namespace EventCluster.Faults.Crashes;

/// <summary>A folder to begin with, and what is done on it while something fails.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Prepare">Fills an empty folder and says what it holds; null for a first boot.</param>
/// <param name="Operates">The script runs; else the server starts and stops only.</param>
/// <param name="IsAttached">Faults begin when the server is ready; else with the process.</param>
internal sealed record Scenario(string Name, Func<string, Task<IExpectation?>>? Prepare, bool Operates, bool IsAttached);
