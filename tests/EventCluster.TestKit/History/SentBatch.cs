using EventCluster.Protocol;

namespace EventCluster.TestKit.History;

/// <summary>All attempts of one producer's batch number.</summary>
internal sealed class SentBatch(string producer, long number, IReadOnlyList<string> payloads, long tailAckedBefore)
{
    public string Producer => producer;

    public long Number => number;

    public IReadOnlyList<string> Payloads => payloads;

    /// <summary>Highest acked sequence when the first attempt began: the batch cannot lie before it.</summary>
    public long TailAckedBefore => tailAckedBefore;

    public int Attempts { get; set; }

    public int Refusals { get; set; }

    public bool Acked { get; set; }

    public StreamOffset? AckedNext { get; set; }

    public bool SurelyRefused => !Acked && Refusals >= Attempts;

    public override string ToString() => $"batch {number} of {producer} [{string.Join(' ', payloads)}]";
}
