namespace EventCluster.Storage.PostgreSql.Faults;

/// <summary>One line of <see cref="FaultTable"/>.</summary>
/// <param name="State">An SQLSTATE, or its first two characters for all of that class that have no line of their own.</param>
/// <param name="Fault">What it means.</param>
/// <param name="DropsConnections">Other sessions have the same fault and would keep it: all are made anew.</param>
/// <param name="IsFinalAtStart">Waiting does not help: the start ends with one line instead of trying again.</param>
internal readonly record struct FaultRule(string State, DatabaseFault Fault, bool DropsConnections, bool IsFinalAtStart);
