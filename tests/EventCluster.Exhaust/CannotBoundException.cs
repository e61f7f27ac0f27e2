namespace EventCluster.Exhaust;

/// <summary>This machine does not let the case set its limit.</summary>
internal sealed class CannotBoundException(string message) : Exception(message);
