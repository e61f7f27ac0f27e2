namespace EventCluster.Benchmarks.Running;

/// <summary>What was asked for cannot be done: one line for the user, exit code 2.</summary>
public sealed class SettingsException(string message) : Exception(message);
