using EventCluster.Abstractions.Store;

namespace EventCluster.Orleans.Wire;

/// <summary>
/// A value of the front door on its way between two silos. A call inside one silo passes the very object on; between
/// silos <see cref="WireSurrogate"/> carries it, so that Protocol and Abstractions know nothing of Orleans.
/// </summary>
/// <typeparam name="T">A type that <see cref="WireFormats"/> knows.</typeparam>
[Immutable]
[Alias("ec.wire`1")]
public sealed class Wire<T>
{
    private readonly T _value;

    /// <summary>Carries a value.</summary>
    public Wire(T value) => _value = value;

    private Wire(T none, string damage) => (_value, Damage) = (none, damage);

    /// <summary>What is damaged in the store, when that is the answer.</summary>
    public string? Damage { get; }

    /// <summary>The value.</summary>
    /// <exception cref="LogDamagedException">The answer is that stored bytes are damaged.</exception>
    public T Value => Damage is null ? _value : throw new LogDamagedException(Damage);

    /// <summary>Carries a report of damage instead of a value.</summary>
    internal static Wire<T> OfDamage(string damage) => new(default!, damage);
}
