"""The two contracts of the demo, as numbered paragraphs; all parties are fictional."""

from __future__ import annotations

__all__ = ["DPA", "MSA", "Paragraph"]

Paragraph = tuple[int, str]
"""Level (0 title, 1 heading, 2 text) and words."""

DPA: tuple[Paragraph, ...] = (
    (0, "Data Processing Agreement"),
    (
        2,
        "between Example Law LLP, Hamburg (“Controller”), and Harbour Document Review Inc., Manila (“Processor”), "
        "dated 12 January 2026.",
    ),
    (1, "1. Subject matter"),
    (
        2,
        "1.1 Processor reviews and codes documents in litigation and internal investigations for Controller. The "
        "personal data are names, contact details, correspondence, employment records and health records. The data "
        "subjects are employees, customers and patients of Controller’s clients.",
    ),
    (
        2,
        "1.2 Processor shall process personal data only on documented instructions from Controller, and shall inform "
        "Controller immediately if, in its opinion, an instruction infringes data protection law.",
    ),
    (1, "2. Personnel"),
    (
        2,
        "2.1 Processor shall ensure that all persons authorised to process the personal data have committed themselves "
        "to confidentiality in writing.",
    ),
    (
        2,
        "2.2 Processor shall carry out background checks on reviewers before they are given access, and shall train "
        "them in data protection at least once a year.",
    ),
    (1, "3. Security"),
    (
        2,
        "3.1 Processor shall implement appropriate technical and organisational measures to protect the personal data "
        "against unauthorised access, loss and destruction.",
    ),
    (
        2,
        "3.2 In particular, Processor shall encrypt all personal data at rest and in transit, require multi-factor "
        "authentication for every user with access to the personal data, log access to them, and keep backups.",
    ),
    (
        2,
        "3.3 Processor shall store and process the personal data exclusively within the European Union, and shall not "
        "move them elsewhere without Controller’s prior written consent.",
    ),
    (1, "4. Sub-processors"),
    (
        2,
        "4.1 Processor shall not engage a sub-processor without Controller’s prior written authorisation. Controller "
        "authorises Amazon Web Services EMEA SARL for hosting.",
    ),
    (
        2,
        "4.2 Processor shall inform Controller of any intended change of sub-processors at least thirty (30) days in "
        "advance, and Controller may object.",
    ),
    (
        2,
        "4.3 Processor shall impose on each sub-processor the same data protection obligations as set out in this "
        "agreement, and shall remain fully liable to Controller for the acts and omissions of its sub-processors.",
    ),
    (1, "5. Assistance"),
    (
        2,
        "5.1 Processor shall assist Controller in answering requests from data subjects, and shall forward any such "
        "request without delay.",
    ),
    (
        2,
        "5.2 Processor shall assist Controller with data protection impact assessments and prior consultation.",
    ),
    (1, "6. Personal data breaches"),
    (
        2,
        "6.1 Processor shall notify Controller of any personal data breach without undue delay and in any event within "
        "seventy-two (72) hours after becoming aware of it.",
    ),
    (
        2,
        "6.2 The notice shall describe the nature of the breach, the categories and approximate number of data subjects "
        "and records concerned, the likely consequences and the measures taken or proposed.",
    ),
    (
        2,
        "6.3 Processor shall cooperate with Controller’s investigation and take all reasonable steps to contain and "
        "remedy the breach. Processor shall make no public statement about it without Controller’s prior approval.",
    ),
    (1, "7. Return and deletion"),
    (
        2,
        "7.1 Within thirty (30) days after the end of the services Processor shall, at Controller’s choice, return or "
        "delete all personal data and certify the deletion in writing.",
    ),
    (1, "8. Audit"),
    (
        2,
        "8.1 Processor shall make available all information necessary to demonstrate compliance with this agreement and "
        "shall allow audits, including inspections, by Controller or an auditor mandated by it, on ten (10) days’ "
        "notice.",
    ),
    (1, "9. Transfers"),
    (
        2,
        "9.1 For access from outside the European Economic Area the parties enter into the Standard Contractual "
        "Clauses (Implementing Decision (EU) 2021/914, Module Two), which form part of this agreement.",
    ),
    (1, "10. Contact"),
    (2, "10.1 Processor’s data protection officer is reached at privacy@harbour-review.example."),
)

MSA: tuple[Paragraph, ...] = (
    (0, "Master Services Agreement"),
    (
        2,
        "between Example Law LLP (“Client”) and Harbour Document Review Inc. (“Provider”), dated 12 January 2026.",
    ),
    (1, "1. Services"),
    (
        2,
        "1.1 Provider supplies document review by trained reviewers on matters that Client orders in writing.",
    ),
    (1, "2. Order of precedence"),
    (
        2,
        "2.1 If this agreement and the Data Processing Agreement conflict on personal data, the Data Processing "
        "Agreement prevails.",
    ),
    (1, "3. Confidentiality"),
    (
        2,
        "3.1 Provider shall keep all information of Client and its clients strictly confidential and shall not disclose "
        "it to any third party.",
    ),
    (
        2,
        "3.2 Provider shall report any security incident to Client within five (5) business days after confirming it.",
    ),
    (
        2,
        "3.3 Client is entitled to seek injunctive relief for any actual or threatened breach of this section.",
    ),
    (1, "4. Liability"),
    (
        2,
        "4.1 Provider’s total liability under this agreement shall not exceed the fees paid in the twelve (12) months "
        "before the claim arose.",
    ),
    (
        2,
        "4.2 The cap in section 4.1 does not apply to breaches of section 3, for which Provider’s liability shall not "
        "exceed EUR 2,000,000.",
    ),
    (
        2,
        "4.3 Provider shall indemnify Client against third-party claims arising from Provider’s breach of its "
        "confidentiality or data protection obligations.",
    ),
    (1, "5. Insurance"),
    (2, "5.1 Provider shall maintain professional liability insurance of at least USD 1,000,000 per claim."),
    (1, "6. Term and termination"),
    (
        2,
        "6.1 Either party may terminate this agreement for a material breach that is not cured within thirty (30) days "
        "after written notice.",
    ),
    (2, "6.2 Sections 3 and 4 survive termination."),
    (1, "7. General"),
    (
        2,
        "7.1 This agreement is governed by the laws of Germany. The courts of Hamburg have exclusive jurisdiction.",
    ),
)
