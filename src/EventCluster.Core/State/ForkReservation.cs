namespace EventCluster.Core.State;

/// <summary>Events of a source that are kept for one fork: what trims and retention of the source need to know.</summary>
/// <param name="Id">Key of the fork, see <see cref="ForkReservations.IdOf"/>.</param>
/// <param name="From">First sequence kept.</param>
/// <param name="To">Sequence after the last one kept.</param>
internal readonly record struct ForkReservation(string Id, long From, long To)
{
    /// <summary>By position, so that a walk over a range meets them in order.</summary>
    public static readonly IComparer<ForkReservation> ByPosition = Comparer<ForkReservation>.Create(static (a, b) =>
        a.From != b.From ? a.From.CompareTo(b.From)
        : a.To != b.To ? a.To.CompareTo(b.To)
        : string.CompareOrdinal(a.Id, b.Id));
}
