namespace EventCluster.Abstractions;

/// <summary>What an acknowledgement of a store promises; <c>Stream-Durability</c> on the wire.</summary>
public enum Durability
{
    /// <summary><c>memory</c>: survives nothing but the caller.</summary>
    Memory = 0,

    /// <summary><c>flushed</c>: on stable storage; survives <c>kill -9</c> and loss of power.</summary>
    Flushed = 1,
}
